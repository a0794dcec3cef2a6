"""Backlinks: from each page back to those whose text links to it.

Comes in: the layout and the resolved links of every document. Goes out: for each page the others,
newest first. What belongs to a page stands for it: its anchors, its figures, its Markdown, its
former addresses. One step for each link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sitegen.model import PageRef
from sitegen.routes import source_output
from sitegen.site.layout import Layout, figure_files

REST = re.compile(r"[?#]")


def backlinks(
    layout: Layout, links: Mapping[str, Sequence[str]], refs: Mapping[str, PageRef]
) -> dict[str, tuple[PageRef, ...]]:
    """By source path, the pages that link to it, each once and never itself.

    `links`: by source path, the addresses that its text leads to. What introduces a list is shown
    as that list, and has none.
    """
    here = [
        (document.path, REST.split(url, maxsplit=1)[0])
        for document in layout.ordered
        for url in links[document.path]
        if url.startswith(layout.config.base)
    ]
    owners = dict(_owners(layout)) if here else {}
    found: dict[str, dict[str, PageRef]] = {}
    for path, url in here:
        owner = owners.get(url)
        if owner and owner != path:
            found.setdefault(owner, {})[path] = refs[path]
    return {path: tuple(each.values()) for path, each in found.items()}


def _owners(layout: Layout) -> Iterator[tuple[str, str]]:
    """Addresses, each with the source of the page that it belongs to."""
    for redirect in layout.redirects:
        yield redirect.url, redirect.source
    intros = layout.intros
    for document in layout.documents:
        if document.path not in intros:
            output = layout.outputs[document.path]
            files = (name for name, _ in figure_files(document, output))
            for name in (output, source_output(output), *files):
                yield layout.url(name), document.path
