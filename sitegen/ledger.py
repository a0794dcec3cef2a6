"""`urls.lock`: every address that a site has published, whose it is, and what that is known by.

Comes in: the bytes of the file, and what a build publishes. Goes out: a `Ledger` that knows both,
and new bytes. The file is a set of lines, sorted, so that of two branches the lines of both can be
kept, whatever they did: a page (address, source), a list (address, "list"), a feed (address, id), a
source (path, id in feeds, digest of its text). Addresses stand there below the site's root, as a
reader would type them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

from sitegen.errors import LockError, Span
from sitegen.model import Value
from sitegen.slugs import address_mistake

URLS = "urls.lock"
LIST = "list"
"""The owner of an address that is not made of one source."""
HEADER = b"# Every address that this site has published. sitegen writes it; commit it.\n"
MARKS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
TEXT = re.compile(r"[0-9a-f]{16}|-")
PLAIN = re.compile(r"/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/?)*+")
"""Most addresses; the others are looked at more closely."""
ODD = re.compile(r"[%\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff](?<! )")


class Identity(Value, frozen=True):
    """What a source is known by: its id in feeds, and the digest of its text ("" for none)."""

    id: str
    text: str = ""


class Ledger(Value, frozen=True):
    """All that was ever published. `lines`: where each name stands in the file."""

    owners: Mapping[str, str] = {}
    """By address: the source that had it last, or `LIST`."""
    identities: Mapping[str, Identity] = {}
    """By source."""
    feeds: Mapping[str, str] = {}
    """Id by address."""
    lines: Mapping[str, int] = {}


class Shown(Value, frozen=True):
    """What a build publishes of what a ledger knows."""

    pages: Mapping[str, str]
    """Address by source."""
    ids: Mapping[str, str]
    """By source: the id that it gets if it has none yet."""
    texts: Mapping[str, str]
    """Digest of its text by source; "" for a text that nobody can be known by."""
    lists: Collection[str] = ()
    feeds: Mapping[str, str] = {}
    """By address: the id that it gets if it has none yet."""
    aliases: Mapping[str, str] = {}
    """Source by address."""


# --- the file ------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def read_ledger(raw: bytes) -> Ledger:
    """The ledger in a file. Raises an ExceptionGroup of LockErrors, all at once.

    A line that is there twice counts once, and of two texts of a source the last: that is what a
    merge leaves.
    """
    owners: dict[str, str] = {}
    identities: dict[str, Identity] = {}
    feeds: dict[str, str] = {}
    lines: dict[str, int] = {}
    sources: dict[str, str] = {}  # by id
    wrong: list[LockError] = []
    for number, line in enumerate(_lines(raw), 1):
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            name, value, *text = _fields(line)
            if text:
                _agree(sources, value, name, lines)
                former = identities.setdefault(name, Identity(id=value))
                _agree({name: former.id}, name, value, lines)
                identities[name] = Identity(id=value, text=text[0].strip("-"))
            else:
                _agree(feeds if "://" in value else owners, name, value, lines)
            lines.setdefault(name, number)
        except LockError as error:
            wrong.append(LockError(error.message, Span(URLS, number), error.hint))
    if wrong:
        raise ExceptionGroup("damaged lines", wrong)
    return Ledger(owners=owners, identities=identities, feeds=feeds, lines=lines)


def _lines(raw: bytes) -> list[bytes]:
    """The lines of a file, which an editor may have begun with a byte order mark."""
    return raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")


def _agree(known: dict[str, str], name: str, value: str, lines: Mapping[str, int]) -> None:
    """Take in a value; raises `LockError` where there is another one already."""
    former = known.setdefault(name, value)
    if former != value:
        line = lines.get(name) or lines.get(former)
        raise LockError(
            f'"{name}" belongs to both "{former}" (line {line}) and "{value}"',
            hint="two branches came to this; delete the line of the one that is no more",
        )


def _fields(line: bytes) -> list[str]:
    """The two or three fields of a line; raises `LockError` where it is none."""
    if line.startswith(MARKS):
        hint = "keep the lines of both sides, and delete those of <<<<<<<, ======= and >>>>>>>"
        raise LockError("a merge was not finished here", hint=hint)
    try:
        fields = line.decode().rstrip("\r").split("\t")
    except UnicodeDecodeError:
        fields = []
    if b"%" in line:
        fields = [
            each if "://" in each else unquote(each, errors="surrogatepass") for each in fields
        ]
    match fields:
        case [name, value] if PLAIN.fullmatch(name) or _is_address(name):
            if value == LIST or value.startswith("content/") or "://" in value:
                return fields
        case [name, value, text] if name.startswith("content/") and "://" in value:
            if TEXT.fullmatch(text):
                return fields
    hint = f"take {URLS} from your last commit, and build again"
    raise LockError("this line is damaged", hint=hint)


def _is_address(name: str) -> bool:
    quoted = quote(name, safe="/", errors="surrogatepass")
    return name.startswith("/") and not address_mistake(quoted)


def write_ledger(ledger: Ledger) -> bytes:
    """The file: sorted, a line for each name."""
    lines = [f"{_quoted(name)}\t{_quoted(owner)}" for name, owner in ledger.owners.items()]
    lines += [f"{_quoted(name)}\t{id_}" for name, id_ in ledger.feeds.items()]
    lines += [
        f"{_quoted(source)}\t{known.id}\t{known.text or '-'}"
        for source, known in ledger.identities.items()
    ]
    return HEADER + "".join(f"{line}\n" for line in sorted(lines)).encode()


def _quoted(text: str) -> str:
    """A name without tabs, ends of lines and the like."""
    return ODD.sub(lambda found: quote(found[0], "", errors="surrogatepass"), text)


def with_texts(raw: bytes, texts: Mapping[str, str]) -> bytes:
    """The file with other digests of these sources; it is one that `write_ledger` wrote."""
    for source, text in texts.items():
        at = raw.find(f"\n{_quoted(source)}\t".encode())
        end = raw.find(b"\n", at + 1)
        if at >= 0:
            raw = raw[: raw.rindex(b"\t", at, end) + 1] + (text or "-").encode() + raw[end:]
    return raw


# --- what it comes to ----------------------------------------------------------------------------


def advance(ledger: Ledger, shown: Shown) -> Ledger:
    """The ledger that knows what is published now, too. To do it twice changes nothing.

    A source that stays where it is stays the same page, whatever its text becomes. One that is new
    is a former one if it has the very text of it, or an alias at one of its addresses.
    """
    moved = _moves(ledger, shown)
    owners = {address: moved.get(owner, owner) for address, owner in ledger.owners.items()}
    identities = dict(ledger.identities)
    for former, present in moved.items():
        if former in identities and present not in identities:
            identities[present] = identities.pop(former)
    taken = {known.id for known in identities.values()}
    for source, address in sorted(shown.pages.items()):
        owners[address] = source
        known = identities.get(source)
        id_ = known.id if known else _unused(shown.ids[source], taken)
        taken.add(id_)
        text = shown.texts.get(source, known.text if known else "")
        identities[source] = Identity(id=id_, text=text)
    owners.update(dict.fromkeys({*shown.lists} - {*shown.pages.values()}, LIST))
    feeds = {**shown.feeds, **ledger.feeds}
    return Ledger(owners=owners, identities=identities, feeds=feeds, lines=ledger.lines)


def _moves(ledger: Ledger, shown: Shown) -> dict[str, str]:
    """Where sources are that were elsewhere before, in the order in which aliases name them."""
    vanished = {*ledger.identities, *ledger.owners.values()} - {*shown.pages, LIST}
    moved: dict[str, str] = {}
    for address, source in shown.aliases.items():
        owner = ledger.owners.get(address)
        if owner in vanished and source in shown.pages:
            moved.setdefault(owner, source)
    if not vanished:
        return moved
    known = {each: ledger.identities[each].text for each in vanished if each in ledger.identities}
    former = _unique((each, text) for each, text in known.items() if each not in moved)
    new = shown.pages.keys() - ledger.identities.keys() - {*moved.values()}
    present = _unique((each, shown.texts.get(each, "")) for each in new)
    return moved | {former[text]: present[text] for text in sorted(former.keys() & present.keys())}


def _unique(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The source of each text that only one has."""
    found: dict[str, str] = {}
    twice = {""}
    for source, text in texts:
        twice |= {text} if found.setdefault(text, source) != source else set()
    return {text: source for text, source in found.items() if text not in twice}


def _unused(id_: str, taken: Collection[str]) -> str:
    """An id that no other page has, or had: where an address was another page's once."""
    return next(each for each in _numbered(id_) if each not in taken)


def _numbered(id_: str) -> Iterator[str]:
    yield id_
    number = 2
    while True:
        yield f"{id_}#{number}"
        number += 1


def names_beyond(former: bytes, now: bytes) -> list[str]:
    """What one file says of names that the other does not, by name; texts do not count."""
    old, new = set(_lines(former)), set(_lines(now))
    known, ledger = (read_ledger(b"\n".join(each)) for each in (old - new, new - old))
    parts = ((known.owners, ledger.owners), (known.feeds, ledger.feeds))
    names = [name for own, more in parts for name in more if own.get(name) != more[name]]
    ids = {source: each.id for source, each in known.identities.items()}
    names += [each for each, its in ledger.identities.items() if ids.get(each) != its.id]
    return sorted(names)
