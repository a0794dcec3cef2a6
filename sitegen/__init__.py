"""A static-site generator for essays and poems about attention."""

__version__ = "0.1.0"
