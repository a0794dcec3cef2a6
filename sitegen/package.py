"""The files that come with the program: the theme, what a new site begins with, its textbook.

And the folder for what it keeps for a user, whatever the site.
"""

from __future__ import annotations

import os
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


def is_of_theme(name: str, text: str) -> bool:
    """Whether a template of this name and text is one that the program comes with."""
    try:
        return (theme_folder() / "templates" / name).read_text(encoding="utf-8-sig") == text
    except (OSError, ValueError):
        return False


def user_cache() -> Path | None:
    """`$XDG_CACHE_HOME`, or what is the custom where that is not set; None without a home."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if cache.is_absolute():  # the custom is to ignore what is not
        return cache
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return None
