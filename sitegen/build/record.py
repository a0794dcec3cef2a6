"""What the knot is told beside documents: what was published before, and what is wrong with it.

Comes in: what was parsed, and what of it is chosen. Goes out: a `Record` for `assemble`, problems.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sitegen.build.stage import Choice, Inputs, Parsed
from sitegen.errors import Problem
from sitegen.ledger import read_ledger
from sitegen.model import Document, Site

if TYPE_CHECKING:
    from sitegen.site.forwarding import Record


def _milder(problem: Problem) -> Problem:
    return replace(problem, severity="warning")


def record_of(
    inputs: Inputs,
    rows: Sequence[Parsed],
    documents: Sequence[Document],
    shown: Collection[str],
    choice: Choice,
) -> Record:
    """What was published before, and who of it is missing in what readers see."""
    from sitegen.site.forwarding import Record
    from sitegen.site.selection import select

    real, hidden = select(documents, now=choice.now, timezone=inputs.config.timezone)
    listed = {each.path for each in real}
    ledger = read_ledger(inputs.urls)
    known = ledger.identities.keys()
    return Record(
        ledger=ledger,
        texts={row.path: row.text for row in rows},
        unlisted={*shown} - listed,
        missing={each.path: each.why for each in hidden}
        | {row.path: "" for row in rows if not row.plain},
        reads_texts=not (known <= listed or known >= listed),
    )


def problems_of(
    site: Site, documents: Sequence[Document], left_out: set[str], choice: Choice
) -> Iterator[Problem]:
    """Of the site, and what the documents brought with them; a mistake in a draft stops nobody."""
    for problem in site.problems:
        # With drafts it is not yet what is to be published.
        draft = problem.kind == "LockError" and (choice.drafts or choice.future)
        yield _milder(problem) if draft else problem
    for document in documents:
        for problem in document.problems:
            if document.path in left_out:
                yield _milder(problem)
            else:
                yield problem
