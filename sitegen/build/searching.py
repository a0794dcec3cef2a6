"""What can be searched for in each source: made where it is parsed, and remembered.

Comes in: a source that was parsed. Goes out: its entry, as `sitegen.search` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sitegen.build.stage import Memory, Parsed, search_key
from sitegen.model import Config, Document

Find = Callable[[str], bytes]


def entry_for(document: Document, config: Config) -> bytes:
    """The entry of a source, if the site has a search."""
    if not config.search:
        return b""
    from sitegen.search import entry_of

    return entry_of(document)


def finder_of(rows: Mapping[str, Parsed], memory: Memory, read: Callable[[str], Document]) -> Find:
    """What gives the entry of a source by its path; made from its text if the memo has none."""

    def find(path: str) -> bytes:
        known = memory.memo.get(search_key(rows[path].key))
        if known is not None:
            return known
        from sitegen.search import entry_of

        return entry_of(read(path))

    return find
