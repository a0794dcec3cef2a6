"""Where the addresses lead that nothing is published at any more.

Comes in: a `Layout`, and a `Record`: what the site published before (urls.lock), and who is missing
now. Goes out: redirects for all former addresses, feeds for those who subscribed to a list that has
ended, an id for every page, the ledger of now; a problem for each address that would be lost.
What is published wins over what `site.toml` and aliases say, and they over what is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import basename, dirname, splitext
from typing import NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from msgspec.structs import replace

from sitegen.errors import LockError, Problem, RouteError, Span
from sitegen.ledger import LIST, URLS, Ledger, Shown, advance
from sitegen.model import Feed, Redirect, Value
from sitegen.routes import (
    UNPLACED,
    absolute,
    address_of,
    fault_of,
    output_at,
    typed_output,
)
from sitegen.site.claims import Claim, is_free, wanted
from sitegen.site.layout import Layout
from sitegen.slugs import below_base, readable

SETTINGS = "site.toml"


class Record(Value, frozen=True):
    """What is known of a site beside its published documents."""

    ledger: Ledger = Ledger()
    texts: Mapping[str, str] = {}
    """Digests of the texts of sources."""
    unlisted: Collection[str] = ()
    """Of the documents, those that a real build leaves out: a draft is shown to its writer only."""
    missing: Mapping[str, str] = {}
    """Sources that are not published, and why; "" where that is told already."""

    reads_texts: bool = False
    """Whether a text may tell that one of the documents is a former one."""


class Forwarded(NamedTuple):
    """A layout with its redirects, and what it makes of the record."""

    layout: Layout
    ledger: Ledger
    ids: Mapping[str, str]
    """By source."""
    problems: tuple[Problem, ...]


def forward(layout: Layout, record: Record) -> Forwarded:
    """Let every address lead somewhere."""
    shown, ids = _shown(layout, record)
    ledger = advance(record.ledger, shown)
    drafts = {layout.outputs[path] for path in record.unlisted}
    told = _Told(layout, drafts)
    former, lost = _former(layout, record, ledger, told, drafts)
    ways = {each.output: each.target for each in (*layout.redirects, *former)} | told.moves
    moved = list(told.redirects(ways))
    feeds = [replace(each, id=ledger.feeds[_feed_address(each)]) for each in layout.feeds]
    feeds += _ended(layout, ledger, told.gone)
    return Forwarded(
        layout=replace(layout, redirects=(*layout.redirects, *moved, *former), feeds=tuple(feeds)),
        ledger=ledger,
        ids=ids | {source: ledger.identities[source].id for source in shown.pages},
        problems=(*told.problems, *lost),
    )


def _shown(layout: Layout, record: Record) -> tuple[Shown, dict[str, str]]:
    """What is published, and the id that every page has if it has no older one."""
    config, outputs = layout.config, layout.outputs
    ids = {
        path: absolute(layout.url(output), config.url, config.base)
        for path, output in outputs.items()
    }
    listed = {
        path: address_of(output)
        for path, output in outputs.items()
        if path not in record.unlisted and not output.startswith(UNPLACED)
    }
    return Shown(
        pages=listed,
        ids=ids,
        texts=record.texts,
        lists=[address_of(output) for shelf in layout.shelves for output in shelf.outputs],
        feeds={_feed_address(feed): feed.id for feed in layout.feeds},
        aliases={address_of(each.output): each.source for each in layout.redirects},
    ), ids


def _feed_address(feed: Feed) -> str:
    return f"/{feed.output}.xml"


# --- what site.toml says -------------------------------------------------------------------------


class _Told:
    """`[redirects]` and `gone`, by outputs, and what is wrong with them."""

    def __init__(self, layout: Layout, drafts: Collection[str]) -> None:
        self._layout, self._drafts, config = layout, drafts, layout.config
        self.problems: list[Problem] = []
        self._typed: dict[str, str] = {}
        self.moves = {
            output: config.redirects[each] for output, each in self._read(config.redirects)
        }
        self.gone = {output for output, _ in self._read(config.gone)}
        # A feed is gone as a file.
        self.gone |= {normalize("NFC", unquote(each)).strip("/") for each in config.gone}

    def _read(self, addresses: Collection[str]) -> Iterator[tuple[str, str]]:
        """Addresses with their outputs, but for those that are taken."""
        for typed in addresses:
            try:
                output = typed_output(
                    below_base(typed, self._layout.config.base), self._span(typed)
                )
                self._refuse_taken(output, typed)
            except RouteError as error:
                self.problems.append(error.problem())
                continue
            if output not in self._drafts:  # a draft may be where its former self is gone
                self._typed[output] = typed
                yield output, typed

    def _refuse_taken(self, output: str, typed: str) -> None:
        where = "[redirects]" if typed in self._layout.config.redirects else "gone"
        if output in self._typed:
            message = f'"{typed}" and "{self._typed[output]}" are one address'
            raise RouteError(message, self._span(typed), "keep one of the two")
        held = self._layout.held.get(output)
        if held and output not in self._drafts:
            message = f'"{typed}" is in {where} of {SETTINGS}, and it is the address of {held.by}'
            hint = f"what is published needs no word there: take it out of {where}"
            raise RouteError(message, self._span(typed), hint)

    def _span(self, typed: str) -> Span:
        return self._layout.config.places.get(typed, Span(SETTINGS, 1))

    def redirects(self, ways: Mapping[str, str]) -> Iterator[Redirect]:
        """A redirect for each move, to its very end. `ways`: where outputs lead, as typed."""
        for output in self.moves:
            try:
                target = self._end(output, ways)
            except RouteError as error:
                self.problems.append(error.problem())
                continue
            yield _redirect(output, target, SETTINGS, self._layout)

    def _end(self, output: str, ways: Mapping[str, str]) -> str:
        """The address at the end of all redirects; raises `RouteError` if there is none."""
        typed = self._typed[output]
        span, seen, rest = self._span(typed), {output}, ""
        while True:
            target = ways[output]
            if "://" in target:
                return target
            path, tail = re.split(r"(?=[?#])|\Z", target, maxsplit=1)
            rest = rest or tail
            name = normalize("NFC", unquote(below_base(path, self._layout.config.base))).strip("/")
            names = (f"{name}/index.html".lstrip("/"), name)
            output = next((each for each in names if each in ways or each in self._layout.held), "")
            if output in seen:
                raise RouteError(f'the redirect of "{typed}" leads in a circle', span)
            if not output:
                why = "is gone" if self.gone & {*names} else "is not published"
                hint = "redirect it to a page that there is, or to an address with https://"
                raise RouteError(f'"{typed}" is redirected to "{target}", which {why}', span, hint)
            if output not in ways:
                return self._layout.url(output) + rest
            seen.add(output)


def _redirect(output: str, target: str, source: str, layout: Layout) -> Redirect:
    return Redirect(output=output, url=layout.url(output), target=target, source=source)


# --- what was published before -------------------------------------------------------------------


def _former(
    layout: Layout, record: Record, ledger: Ledger, told: _Told, drafts: Collection[str]
) -> tuple[list[Redirect], list[Problem]]:
    """Redirects of addresses that nobody has now, and a problem for each that would be lost."""
    settled = told.moves.keys() | told.gone
    redirects: list[Redirect] = []
    lost: list[Lost] = []
    taken: Collection[str] = ()
    for address, owner in sorted(ledger.owners.items()):
        output = output_at(address)
        if output in settled or (output in layout.held and output not in drafts):
            continue
        if not taken:
            moves = [Claim(output=each, by=SETTINGS) for each in told.moves]
            taken = wanted([*layout.held.values(), *moves])
        target = nearest(address, layout) if owner == LIST else layout.outputs.get(owner)
        if target is None or owner in record.unlisted:
            lost.append(
                (address, owner, record.missing.get(owner, f"there is no {owner} any more"))
            )
        elif output in drafts:
            continue
        elif fault_of(output) or not is_free(output, taken):
            why = "some disk or server takes it for another one that is published"
            lost.append((address, owner, fault_of(output) or why))
        else:
            source = URLS if owner == LIST else owner
            redirects.append(_redirect(output, layout.url(target), source, layout))
    lost = [each for each in lost if each[2]]  # the others have a mistake that is told of already
    return redirects, list(_lost(lost, layout, record, ledger))


def nearest(address: str, layout: Layout) -> str:
    """The output of the nearest list or page above an address that is published."""
    folder, _, number = address.strip("/").rpartition("/")
    if number.isdecimal() and basename(folder) == "page":
        pages = (f"{folder}/{each}/index.html" for each in range(int(number[:6]) - 1, 1, -1))
        if found := next((each for each in pages if each in layout.held), None):
            return found
    while folder and f"{folder}/index.html" not in layout.held:
        folder = dirname(folder)
    return f"{folder}/index.html".lstrip("/")


def _ended(layout: Layout, ledger: Ledger, gone: Collection[str]) -> Iterator[Feed]:
    """Feeds of lists that have ended: without entries, so that no reader of one sees a mistake."""
    kept = {feed.output for feed in layout.feeds}
    for address, id_ in sorted(ledger.feeds.items()):
        output = splitext(address)[0][1:]
        files = {f"{output}.xml", f"{output}.json"}
        if output in kept or not files.isdisjoint(gone) or not files.isdisjoint(layout.held):
            continue
        name = readable(basename(dirname(output)) or output)
        yield Feed(
            id=id_,
            title=f"{layout.config.title}: {name}",
            output=output,
            url=layout.url(nearest(address, layout)),
            entries=(),
        )


# --- what would be lost --------------------------------------------------------------------------

MOST_NAMES = 300
Lost = tuple[str, str, str]
"""An address, whose it was, and why it would be lost."""


def _lost(lost: list[Lost], layout: Layout, record: Record, ledger: Ledger) -> Iterator[Problem]:
    """A problem for each lost address, with the line that settles it."""
    known = record.ledger.identities
    ids = {each.id for each in known.values()}
    new = [
        path
        for path in (layout.outputs if lost else ())
        if path not in known and path in ledger.identities and ledger.identities[path].id not in ids
    ]
    alone = len({owner for _, owner, _ in lost}) == len(new) == 1
    for address, owner, why in lost:
        span = Span(URLS, line) if (line := ledger.lines.get(address)) else None
        message = f'"{address}" was published, and it would be lost: {why}'
        target = address_of(nearest(address, layout))
        hint = f'write `"{address}" = "{target}"` below [redirects] of {SETTINGS}, or'
        hint += f' `gone = ["{address}"]` at its top; if nobody ever saw it, delete this line'
        meant = new[0] if alone else _likely(owner, new)
        if meant and owner not in record.missing:
            hint = f'did you mean {meant}? write `aliases: ["{address}"]` there; else {hint}'
        yield LockError(message, span, hint).problem()


def _likely(source: str, new: list[str]) -> str | None:
    """The new source that was probably this one."""
    from difflib import get_close_matches  # slow to import, and needed only after a mistake

    names = {splitext(basename(path))[0]: path for path in new[:MOST_NAMES]}
    near = get_close_matches(splitext(basename(source))[0], names, n=1, cutoff=0.6)
    return names[near[0]] if near else None
