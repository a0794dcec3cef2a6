"""The files that come with the program: the theme, what a new site begins with, its textbook."""

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


def textbook() -> dict[str, str]:
    """The source of each module of `sitegen.attention`, by name: `attention.core`."""
    return {
        f"attention.{path.stem}": path.read_text(encoding="utf-8")
        for path in sorted((_HERE / "attention").glob("[!_]*.py"))
    }
