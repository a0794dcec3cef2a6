"""Models: which there are, where they lie on this machine, how they get there, what they read."""
