"""New sites and new sources: files that a writer starts from. Never replaces a file."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

from sitegen.errors import ConfigError, OutputError
from sitegen.model import Config
from sitegen.package import starter_folder, theme_folder
from sitegen.slugs import names_folder, printable, slugify

FOLDERS = {
    "post": ("posts", "essays", "blog"),
    "poem": ("poems", "poetry", "verse"),
    "page": ("",),
}


def create_site(folder: Path, *, with_theme: bool) -> list[str]:
    """A new site in an empty or missing folder; the paths that were made, sorted."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f'"{folder}" is not an empty folder',
            hint="choose a folder that does not exist yet; nothing was changed",
        )
    try:
        shutil.copytree(starter_folder(), folder, dirs_exist_ok=True)
        for name in ("gitignore", "gitattributes"):
            (folder / name).rename(folder / f".{name}")
        if with_theme:
            for part in ("templates", "static"):
                shutil.copytree(theme_folder() / part, folder / part)
    except OSError as error:
        raise _refused(error) from error
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def create_source(site: Path, config: Config, kind: str, title: str, today: date) -> Path:
    """A draft called `title` where this site keeps its posts, poems or pages; its path."""
    if not title.strip() or not printable(title):
        what = "has a character that is no text" if title.strip() else "is empty"
        raise ConfigError(f"the title {what}", hint='sitegen new post "A title"')
    if names_folder(slugify(title)):
        raise ConfigError(
            f'a {kind} called "{title}" would be the page of its folder',
            hint="choose another title, or write content/…/index.md yourself",
        )
    path = site / "content" / folder_for(site, config, kind) / f"{slugify(title)}.md"
    # A quoted JSON string is a YAML string, whatever the title holds.
    head = f"title: {json.dumps(' '.join(title.split()), ensure_ascii=False)}\n"
    head += f"date: {today.isoformat()}\n" if kind != "page" else ""
    head += "draft: true\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(f"---\n{head}---\n\n")
    except FileExistsError as error:
        raise OutputError(
            f'"{path}" exists already', hint="choose another title; nothing was changed"
        ) from error
    except OSError as error:
        raise _refused(error) from error
    return path


def folder_for(site: Path, config: Config, kind: str) -> str:
    """The section of this kind: by `site.toml`, else a folder that is there, else the usual."""
    for name, section in config.sections.items():
        if section.kind == kind:
            return name
    names = FOLDERS[kind]
    return next((name for name in names if (site / "content" / name).is_dir()), names[0])


def _refused(error: OSError) -> OutputError:
    return OutputError(f"cannot write {error.filename}: {(error.strerror or '').lower()}")
