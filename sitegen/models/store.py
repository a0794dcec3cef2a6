"""Where models lie on this machine, and whether they are whole.

Comes in: the name of a model. Goes out: its folder, what is wrong with it, or the whole list.
Models are not part of a site: they lie in the user's cache, `$XDG_CACHE_HOME/sitegen/models/`, each
in a folder that is named after the model and its weights, so that a new version never meets old
files. `SITEGEN_MODELS` names another folder: one that a continuous build keeps between its runs,
or one that many users share. Neither place can change a figure unseen: `verify` knows every byte.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sitegen.errors import ModelError, Problem
from sitegen.model import Value
from sitegen.models.table import MODELS, File, Model, known
from sitegen.package import user_cache


class Row(Value, frozen=True):
    """A line of the list of models. `folder` is None for one that is not on this machine."""

    name: str
    title: str
    licence: str
    size: int
    folder: str | None


def list_models() -> list[Row]:
    """All models, with where they are. Sizes are of what lies in the folder, in bytes."""
    return [
        Row(
            name=model.name,
            title=model.title,
            licence=model.licence,
            size=model.size,
            folder=str(folder) if (folder := find(model.name)) else None,
        )
        for model in MODELS.values()
    ]


def find(name: str) -> Path | None:
    """The folder of a model if all its files are there and as long as they must be.

    Cheap: nothing is read. `ModelError` for an unknown name.
    """
    model = known(name)
    folder = folder_of(model)
    return folder if all(_size(folder / file.name) == file.size for file in model.files) else None


def verify(name: str) -> list[Problem]:
    """What is wrong with a model on this machine; every byte is read (0.2 s for 90 MB)."""
    model = known(name)
    folder = folder_of(model)
    wrong = [_wrong(folder / file.name, file) for file in model.files]
    hint = f"sitegen models get {name}"
    return [Problem(kind="ModelError", message=each, hint=hint) for each in wrong if each]


def folder_of(model: Model) -> Path:
    """Where this model lies, or would."""
    return models_folder() / f"{model.name}-{model.weights_sha256[:12]}"


def models_folder() -> Path:
    """Where all models lie: as the environment says, else as is the custom."""
    if own := os.environ.get("SITEGEN_MODELS"):
        return Path(own).absolute()
    cache = user_cache()
    if cache is None:
        hint = "set SITEGEN_MODELS to a folder for them"
        raise ModelError("there is no home folder for models", hint=hint)
    return cache / "sitegen" / "models"


def _size(path: Path) -> int | None:
    """How long a file is; None for what is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _wrong(path: Path, file: File) -> str | None:
    from hashlib import file_digest

    size = _size(path)
    if size is None:
        return f"{path} is missing"
    if size != file.size:
        return f"{path} has {size} bytes instead of {file.size}"
    try:
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return None if digest == file.sha256 else f"{path} is damaged: its SHA-256 is {digest}"
