"""The templates of a site, read from the disk once, and how one of them becomes text.

Comes in: folders of `*.html` and the published names of static files. Goes out: a `Theme`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta, nodes

from sitegen.discover import read_templates
from sitegen.errors import suggest
from sitegen.templates.filters import FILTERS
from sitegen.templates.mistakes import template_error
from sitegen.templates.sandbox import (
    LARGEST_PAGE,
    Environment,
    Files,
    TooLargeError,
    make_environment,
    once,
)

Reach = tuple[tuple[str, ...], tuple[str, ...] | None]
"""What a template is made of: itself and every template that it includes, imports and extends,
by name; the static files whose addresses these ask for, or None if that can be any of them."""
Mentions = tuple[Sequence[str | None], Sequence[str] | None]


@dataclass(frozen=True)
class Theme:
    """The templates of a site. `assets`: a static file's name → its published address."""

    environment: Environment
    assets: Mapping[str, str]
    used: Mapping[str, tuple[str, ...]]
    """By template, the paths of itself and of all that it includes, imports and extends."""
    reach: Mapping[str, Reach]


def load_theme(folders: Sequence[Path], assets: Mapping[str, str]) -> Theme:
    """The theme of these folders. Raises a group of `TemplateError`, as `make_theme` does."""
    return make_theme(read_templates(folders), assets)


def make_theme(
    files: Files, assets: Mapping[str, str], reach: Mapping[str, Reach] | None = None
) -> Theme:
    """The theme of these templates; with a known `reach` it is made faster.

    Raises an `ExceptionGroup` of `TemplateError`, one for each template that cannot be read.
    """
    environment = make_environment(files, FILTERS, {"asset": _asset(assets)})
    if reach is None:
        _check_syntax(environment)
        reach = _reach(files)
    return Theme(
        environment=environment,
        assets=assets,
        used={
            name: tuple(sorted(files[each][0] for each in names))
            for name, (names, _) in reach.items()
        },
        reach=reach,
    )


def read_ahead(files: Files) -> Iterator[None]:
    """Compile the templates one by one, so that `make_theme` finds that done in this process."""
    environment = make_environment(files, FILTERS, {"asset": _asset({})})
    for name, (_, text) in files.items():
        with suppress(jinja2.TemplateSyntaxError):  # told when the theme is made
            environment.get_template(name)
            _mentions(name, text)
        yield


def _check_syntax(environment: Environment) -> None:
    mistakes = []
    for name in environment.names:
        try:
            environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            mistakes.append(template_error(error, environment))
    if mistakes:
        raise ExceptionGroup(f"{len(mistakes)} template(s) cannot be read", mistakes)


def _reach(files: Files) -> dict[str, Reach]:
    """For each template every template that it can reach, and what those ask for."""
    mentions = {name: _mentions(name, text) for name, (_, text) in files.items()}
    reach: dict[str, Reach] = {}
    for name in files:
        reached: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each in files and each not in reached:
                reached.add(each)
                for other in mentions[each][0]:  # None, a computed name, can be any of them
                    waiting += list(files) if other is None else [other]
        assets = [mentions[each][1] for each in reached]
        known = sorted({path for each in assets if each is not None for path in each})
        reach[name] = tuple(sorted(reached)), None if None in assets else tuple(known)
    return reach


@lru_cache(maxsize=256)
def _mentions(name: str, text: str) -> Mentions:
    """The templates and the static files that a template names; None for a computed name."""

    def look() -> Mentions:
        tree = jinja2.Environment(autoescape=True).parse(text)
        return list(meta.find_referenced_templates(tree)), _asked_assets(tree)

    return once(look, "mentions", name, text)


def _asked_assets(tree: nodes.Template) -> list[str] | None:
    """The static files that a template names; None where it computes a name."""
    calls = [
        call.args[0].value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "asset"
        if len(call.args) == 1 and isinstance(call.args[0], nodes.Const)
    ]
    mentions = sum(each.name == "asset" for each in tree.find_all(nodes.Name))
    return calls if len(calls) == mentions else None


def _asset(assets: Mapping[str, str]) -> Callable[[str], str]:
    def asset(name: str) -> str:
        if name not in assets:
            known = suggest(name, assets, "Static files")
            raise jinja2.TemplateRuntimeError(f'there is no static file "{name}": {known}')
        return assets[name]

    return asset


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
