"""The files that come with the program: the theme and what a new site begins with."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def theme_folder() -> Path:
    """The folder with the theme's `templates/` and `static/`.

    A wheel holds it inside the package; in a checkout it is the repository itself, whose blog is
    the first user of the theme.
    """
    packed = _HERE / "theme"
    return packed if packed.is_dir() else _HERE.parent


def starter_folder() -> Path:
    """What `sitegen init` copies into a new site."""
    return _HERE / "starter"
