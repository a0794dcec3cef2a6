"""A site's folder to `Inputs`: everything that a build depends on, read from the disk once.

A `Survey` comes first: what lies there, by digest. It is all that a build with nothing to do needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from sitegen.beside import Beside
from sitegen.discover import (
    Found,
    discover,
    discover_static,
    missing_sections,
    read_templates,
)
from sitegen.errors import ConfigError, LockError, Problem, TemplateError
from sitegen.ledger import URLS
from sitegen.lock import LOCK
from sitegen.memo import digest
from sitegen.model import Asset, Config, Value
from sitegen.package import theme_folder
from sitegen.toolchain import toolchain

if TYPE_CHECKING:
    from sitegen.build import Inputs


SOON = 0.1
"""Seconds in which most sites are surveyed; to load what builds one takes as long."""


class Survey(Value, frozen=True):
    """All files of a site and its theme, read and hashed; no text is looked at yet."""

    config: bytes
    folders: tuple[str, ...]
    """Below `content/`: a section may have one, or have none."""
    found: Found
    static: tuple[Asset, ...]
    templates: Mapping[str, tuple[str, str]] | None
    problems: tuple[Problem, ...]
    lock: bytes
    """What real models made of texts, in figures.lock."""
    urls: bytes
    """What was ever published, in urls.lock."""

    def digest(self) -> bytes:
        """Of every byte that a build of this site can see, and of the program."""
        files = [(each.path, each.digest) for each in self.found.originals]
        copied = [[(a.path, a.digest) for a in part] for part in (self.found.assets, self.static)]
        problems = [*self.found.problems, *self.problems]
        seen = (files, copied, self.folders, sorted((self.templates or {}).items()), problems)
        raw = repr(seen).encode("utf-8", "surrogatepass")
        return digest(toolchain(), self.config, self.lock, self.urls, raw)


class Look:
    """A survey that another process makes; this one gets ready for what it may come to."""

    def __init__(self, site: Path) -> None:
        self._site, self._beside = site, Beside(lambda: msgspec.msgpack.encode(survey(site)))

    def result(self, *, builds: bool) -> Survey:
        """The survey, or the error that there is instead of it: see `survey`.

        `builds`: whether there will be something to do, whatever the survey says. Else nothing is
        loaded for that before the survey has taken as long as loading it would.
        """
        if not self._beside.is_done(0.0 if builds else SOON):
            import sitegen.markup
        if not self._beside.is_done():  # else who parses can begin, and this comes meanwhile
            import sitegen.build.render  # noqa: F401
        raw = self._beside.result()
        return survey(self._site) if raw is None else msgspec.msgpack.decode(raw, type=Survey)


def survey(site: Path) -> Survey:
    """Read and hash what lies in a site's folder. Raises `ConfigError` without `site.toml`."""
    config = _read_config(site)
    theme = theme_folder()
    problems: tuple[Problem, ...] = ()
    try:
        templates = read_templates([theme / "templates", site / "templates"])
    except ExceptionGroup as group:
        templates = None
        mistakes = [each for each in group.exceptions if isinstance(each, TemplateError)]
        problems = tuple(each.problem() for each in mistakes)
    return Survey(
        config=config,
        folders=tuple(sorted(_folders(site / "content"))),
        found=discover(site),
        static=discover_static(theme / "static", site / "static"),
        templates=templates,
        problems=problems,
        lock=read_lock_file(site),
        urls=read_lock_file(site, URLS),
    )


def read_lock_file(site: Path, name: str = LOCK) -> bytes:
    """A lock file of the site's folder; empty where there is none. Raises `LockError`."""
    try:
        return (site / name).read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise LockError(f"{name} cannot be read: {error.strerror}") from error


def _folders(content: Path) -> list[str]:
    try:
        with os.scandir(content) as entries:
            return [ascii(entry.name) for entry in entries if entry.is_dir()]
    except OSError:
        return []


def read_inputs(site: Path, seen: Survey | None = None) -> Inputs:
    """Configuration, sources, assets and the theme with what the site overrides of it.

    Raises `ConfigError`, or a group of them.
    """
    from sitegen.build import Inputs

    seen = seen or survey(site)
    config = _as_config(seen.config)
    return Inputs(
        config=config,
        originals=seen.found.originals,
        assets=seen.found.assets,
        static=tuple(each for each in seen.static if config.search or not _is_for_search(each)),
        templates=seen.templates,
        lock=seen.lock,
        urls=seen.urls,
        problems=(*seen.found.problems, *missing_sections(site, config), *seen.problems),
    )


def _is_for_search(asset: Asset) -> bool:
    """Whether it is a file of the theme that nothing but the page for searching asks for."""
    own = asset.path in {"find.js", "search.css", "search.js"}
    return own and Path(asset.file).parent == theme_folder() / "static"


def read_site_config(site: Path) -> Config:
    """`site.toml` of the site's folder; raises `ConfigError`, or a group of them."""
    return _as_config(_read_config(site))


def _read_config(site: Path) -> bytes:
    try:
        return (site / "site.toml").read_bytes()
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no site.toml in {site.resolve()}",
            hint="name the site's folder with -s, or make a new site: sitegen init DIR",
        ) from error
    except OSError as error:
        raise ConfigError(f"site.toml cannot be read: {error.strerror}") from error


def _as_config(raw: bytes) -> Config:
    from sitegen.config import read_config

    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"site.toml is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}",
            hint="save it as UTF-8",
        ) from error
    return read_config(text.replace("\r\n", "\n").replace("\r", "\n"), "site.toml")


def refuse_sources(folder: Path, site: Path) -> None:
    """Raise `ConfigError` for an output folder whose files would be read as sources."""
    place, root = folder.resolve(), site.resolve()
    for name in ("", "content", "static", "templates", ".sitegen"):
        if place == root / name or (name and place.is_relative_to(root / name)):
            raise ConfigError(
                f'the site cannot be written to "{folder}": its sources are there',
                hint="choose a folder that holds nothing else, as -o public",
            )
