"""The templates of a site, read from the disk once, and how one of them becomes text.

Comes in: folders of `*.html` and the published names of static files. Goes out: a `Theme`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta

from sitegen.errors import TemplateError, suggest
from sitegen.templates.filters import FILTERS
from sitegen.templates.mistakes import template_error
from sitegen.templates.sandbox import (
    LARGEST_PAGE,
    Environment,
    Files,
    TooLargeError,
    make_environment,
)


@dataclass(frozen=True)
class Theme:
    """The templates of a site. `assets`: a static file's name → its published address."""

    environment: Environment
    assets: Mapping[str, str]
    digest: str
    used: Mapping[str, tuple[str, ...]]
    """By template, the paths of itself and of all that it includes, imports and extends."""


def load_theme(folders: Sequence[Path], assets: Mapping[str, str]) -> Theme:
    """Read all `*.html` below the folders; a later folder overrides an earlier, file by file.

    Raises an `ExceptionGroup` of `TemplateError`, one for each template that cannot be read.
    """
    files: dict[str, tuple[str, str]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.html")):
            name = file.relative_to(folder).as_posix()
            files[name] = (f"{folder.name}/{name}", _read(file, f"{folder.name}/{name}"))
    environment = make_environment(files, FILTERS, {"asset": _asset(assets)})
    _check_syntax(environment)
    return Theme(
        environment=environment,
        assets=assets,
        digest=digest(repr((sorted(files.items()), sorted(assets.items()))).encode()),
        used=_used(files, environment),
    )


def _read(file: Path, path: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problem = TemplateError(f"{path} is not UTF-8 text: byte {error.start}")
    except OSError as error:
        problem = TemplateError(f"{path} cannot be read: {error.strerror}")
    raise ExceptionGroup("a template cannot be read", [problem])


def _check_syntax(environment: Environment) -> None:
    mistakes = []
    for name in environment.names:
        try:
            environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            mistakes.append(template_error(error, environment))
    if mistakes:
        raise ExceptionGroup(f"{len(mistakes)} template(s) cannot be read", mistakes)


def _used(files: Files, environment: Environment) -> dict[str, tuple[str, ...]]:
    """For each template the paths of itself and of every template that it can reach."""
    refers = {
        name: list(meta.find_referenced_templates(environment.parse(text)))
        for name, (_, text) in files.items()
    }
    used = {}
    for name in files:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each in files and each not in reached:
                reached.add(each)
                for other in refers[each]:  # None, a computed name, can be any of them
                    waiting += list(files) if other is None else [other]
        used[name] = tuple(sorted(files[each][0] for each in reached))
    return used


def _asset(assets: Mapping[str, str]) -> Callable[[str], str]:
    def asset(name: str) -> str:
        if name not in assets:
            known = suggest(name, assets, "Static files")
            raise jinja2.TemplateRuntimeError(f'there is no static file "{name}": {known}')
        return assets[name]

    return asset


def digest(content: bytes) -> str:
    """The name of these bytes: 32 hexadecimal digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def render(environment: Environment, name: str, names: Mapping[str, Any]) -> str:
    """The page that a template makes of these names. Raises `TemplateError`."""
    written, size = [], 0
    try:
        parts = environment.get_template(name).generate(names)
        for part in parts:
            size += len(part)
            if size > LARGEST_PAGE and isinstance(parts, Generator):
                # Thrown into the template, so that the error carries the line that was writing.
                parts.throw(TooLargeError(f"this page is over {LARGEST_PAGE:,} characters"))
            written.append(part)
    except Exception as error:  # noqa: BLE001 (whatever a template can do wrong)
        raise template_error(error, environment, names) from None
    return "".join(written)
