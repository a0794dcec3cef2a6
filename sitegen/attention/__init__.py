"""Attention as a textbook: NumPy only, float64, one function an equation, nothing changed in place.

`core` holds the equations in the order of a lecture, `seeds` the random numbers of toy examples.
Comes in: arrays. Goes out: arrays; nothing here knows of figures, files or sites.
"""
