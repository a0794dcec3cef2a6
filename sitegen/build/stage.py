"""What the stages of a build share: their inputs, how work is run, mistakes as problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sitegen.errors import Problem, SiteError
from sitegen.model import Asset, Config, Source, Value

Work = Callable[[int], bytes]
Run = Callable[[Work, int, Callable[[int, str], bytes]], list[bytes]]
"""Do work(0) … work(n - 1), results in order; the third argument stands in for lost ones."""


class Inputs(Value, frozen=True):
    """All that a build depends on, as it lay on the disk."""

    config: Config
    sources: tuple[Source, ...]
    assets: tuple[Asset, ...]
    static: tuple[Asset, ...]
    template_folders: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def mistakes_in(group: ExceptionGroup[Exception]) -> Iterator[SiteError]:
    """The writer's mistakes in a group; anything else in it is a bug and goes on."""
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from mistakes_in(each)
        elif isinstance(each, SiteError):
            yield each
        else:
            raise each
