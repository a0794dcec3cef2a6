"""Attention as equations in NumPy: the textbook."""
