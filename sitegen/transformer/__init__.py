"""Real models in NumPy: how their files are read, how text becomes tokens, what the networks do."""
