"""Which documents are published, and why the others are not.

Comes in: documents, and a moment. Goes out: the two halves. Everything else is made of the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from sitegen.model import Document, LeftOut


def select(
    documents: Iterable[Document],
    *,
    now: datetime,
    timezone: str,
    drafts: bool = False,
    future: bool = False,
) -> tuple[tuple[Document, ...], tuple[LeftOut, ...]]:
    """The documents that are published at `now` (aware), and why the others are not."""
    zone = ZoneInfo(timezone)
    published, left_out = [], []
    for document in documents:
        moment = document.meta.date
        begins = moment.begins(zone) if moment else None
        if document.meta.draft and not drafts:
            why = "it is a draft; it will appear when `draft: true` is taken out"
            left_out.append(LeftOut(path=document.path, why=why))
        elif begins and begins > now and not future:
            shown = begins.astimezone(zone).strftime("%Y-%m-%d %H:%M")
            why = f"its date is in the future; it will appear on {shown} ({timezone})"
            left_out.append(LeftOut(path=document.path, why=why))
        else:
            published.append(document)
    return tuple(published), tuple(left_out)
