"""Models: which there are, where they lie on this machine, and how they get there."""

from sitegen.models.fetch import Progress, get
from sitegen.models.store import Row, find, list_models, models_folder, verify
from sitegen.models.table import MODELS, File, Model, known

__all__ = [
    "MODELS",
    "File",
    "Model",
    "Progress",
    "Row",
    "find",
    "get",
    "known",
    "list_models",
    "models_folder",
    "verify",
]
