"""What comes after parsing, made ready by a process that has nothing else to do yet.

Comes in: templates. Goes out: steps of some milliseconds; each may be the last one.
"""

from __future__ import annotations

from collections.abc import Iterator

from sitegen.build.stage import Files


def get_ready(templates: Files | None) -> Iterator[None]:
    """Import what ties and renders a site, and compile its templates."""
    import sitegen.site

    yield
    import sitegen.build.render  # noqa: F401

    yield
    from sitegen.templates import read_ahead

    yield from read_ahead(templates or {})
