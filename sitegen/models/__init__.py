"""Models: which there are, and where they lie."""
