"""The stages joined: what was discovered goes in, a snapshot of the whole output comes out.

Pure but for the templates that the theme loads and the headers of images. The caller brings the
processes that do the work (`run`) and the clock (`now`), and writes what comes out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from sitegen.build.parsing import parse_all
from sitegen.build.rendering import fingerprint, render_all
from sitegen.build.stage import Inputs, Run
from sitegen.errors import Problem, in_order
from sitegen.images import image_size
from sitegen.model import Document, LeftOut, Site, Snapshot, Value
from sitegen.site import assemble, select

__all__ = ["Built", "Inputs", "Run", "build", "left_out_lines"]


class Built(Value, frozen=True):
    """A snapshot, and the values it was made of, for `explain`."""

    site: Site
    documents: tuple[Document, ...]
    snapshot: Snapshot


def build(inputs: Inputs, run: Run, *, now: datetime, drafts: bool, future: bool) -> Built:
    """Make every file of the site. Never raises for a writer's mistake: see the problems."""
    parsed = parse_all(inputs.sources, inputs.config, run)
    documents = tuple(each.document for each in parsed if each.document)
    published, left_out = select(
        documents, now=now, timezone=inputs.config.timezone, drafts=drafts, future=future
    )
    failed = [
        source.path
        for source, each in zip(inputs.sources, parsed, strict=True)
        if not each.document
    ]
    static = fingerprint(inputs.static)
    site = assemble(
        published,
        inputs.config,
        inputs.assets,
        lambda asset: image_size(asset.file),
        left_out=left_out,
        failed=failed,
        static=static,
    )
    problems = [*inputs.problems, *site.problems]
    problems += [problem for each in parsed for problem in each.problems]
    problems += _problems_of(documents, {each.path for each in left_out})
    artifacts, more = render_all(inputs, site, static, run)
    return Built(
        site=site,
        documents=documents,
        snapshot=Snapshot(
            artifacts=artifacts,
            problems=tuple(in_order([*problems, *more])),
            left_out=tuple(left_out),
        ),
    )


def _problems_of(documents: Iterable[Document], left_out: Collection[str]) -> Iterator[Problem]:
    """What the documents brought with them; a mistake in a draft stops nobody."""
    for document in documents:
        for problem in document.problems:
            if document.path in left_out:
                yield msgspec.structs.replace(problem, severity="warning")
            else:
                yield problem


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """What a build did not publish, a line each."""
    return [f"left out {each.path}: {each.why}" for each in left_out]
