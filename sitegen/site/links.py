"""Links: what an address in a text leads to.

Comes in: targets as the writer typed them (a source path, an address, a file, an anchor), and all
that the site publishes. Goes out: addresses, and a problem for each link to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from posixpath import basename, dirname, join, normpath, relpath, splitext
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

from sitegen.errors import LinkError, Problem, Span, warning
from sitegen.model import Asset, Document, Stanza, Value, VerseSlot
from sitegen.routes import CONTENT
from sitegen.slugs import names_folder, split_date

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
WEB = re.compile(r"(?:https?:)?//([^/?#]*)([^?#]*)", re.IGNORECASE)
ELSEWHERE = re.compile(r"https?://([A-Za-z0-9.-]+)(?:[/?#][!-Z^-~]*)?")
"""Most links: a whole address in which nothing is left to be understood."""
UNSEEN = re.compile(r"[\t\n\r]|^[\x00-\x20]+|[\x00-\x20]+$")
"""What browsers take out of an address before they read it."""
REFUSED = {
    "javascript": "runs a script",
    "vbscript": "runs a script",
    "file": "leads to a file on your own computer",
}
FREE_ANCHORS = frozenset(["", "top"])
"""Fragments that mean the beginning of any page."""


class Target(Value, frozen=True):
    """Something that can be linked to: a page (with its anchors), a listing, a file."""

    url: str
    document: Document | None = None
    asset: Asset | None = None


class Known(Value, frozen=True):
    """All that a link may lead to. Keys are NFC, decoded, without slashes at either end."""

    host: str
    """Of the site, in lower case, with its port."""
    base: str
    sources: Mapping[str, Target]
    """By path below `content/`: sources, also without suffix, and the files beside them."""
    addresses: Mapping[str, Target]
    """By address without the base path: pages, listings, aliases, feeds, files."""
    left_out: Mapping[str, str]
    """Why a source (by path below `content/`) is not published; "" if its own error says it."""
    near: Callable[[], Mapping[str, Sequence[str]]]
    """Source paths by name, beginning of the name, and folder: what a misspelt link may mean."""
    told: dict[str, str | None]
    """Hints given so far: each is looked for once, and not for ever."""
    lines: dict[str, frozenset[str]]
    """Ids of lines of verse by source, counted when first asked for."""


def know(
    site_url: str,
    base: str,
    sources: Mapping[str, Target],
    addresses: Mapping[str, Target],
    left_out: Mapping[str, str],
) -> Known:
    """`sources` and `left_out` by source path, `addresses` by output path."""
    paths = {_key(path): target for path, target in sources.items()}
    for path in list(paths):
        if paths[path].document:
            paths.setdefault(_stem(path), paths[path])
    unpublished = {_key(path): why for path, why in left_out.items()}
    return Known(
        host=urlsplit(site_url).netloc.lower(),
        base=base,
        sources=paths,
        addresses={_address_key(output): target for output, target in addresses.items()},
        left_out={_stem(path): why for path, why in unpublished.items()} | unpublished,
        near=cache(lambda: _by_nearness(map(_key, sources))),
        told={},
        lines={},
    )


def _key(path: str) -> str:
    return normalize("NFC", path.removeprefix(CONTENT))


def _stem(path: str) -> str:
    """A source as people link to it: without suffix, an index as its folder."""
    stem = splitext(path)[0]
    return dirname(stem) if names_folder(basename(stem)) else stem


def _address_key(path: str) -> str:
    path = normalize("NFC", path).strip("/")
    return path.removesuffix("index.html").rstrip("/") if path.endswith("index.html") else path


def _by_nearness(paths: Iterable[str]) -> Mapping[str, Sequence[str]]:
    near: dict[str, list[str]] = {}
    for path, key in ((each, key) for each in paths for key in _nearby(each)):
        near.setdefault(key, []).append(path)
    return near


def _nearby(path: str) -> tuple[str, str, str]:
    """The keys of `Known.near`, from the most telling one on; a name's date tells nothing."""
    name = basename(path).casefold()
    return name, name.lstrip("0123456789-_")[:2], dirname(path)


# --- resolving -------------------------------------------------------------------------------


def resolve(
    target: str, span: Span, document: Document, known: Known
) -> tuple[str, Problem | None]:
    """The address that a link in `document` leads to, and what is wrong with it.

    What leads out of the site, or to nothing, stays as it was typed.
    """
    elsewhere = ELSEWHERE.fullmatch(target)
    if elsewhere and elsewhere[1].lower() != known.host:
        return target, None
    found, problem = find(target, span, document, known)
    if found is None:
        refused = problem is not None and problem.severity == "error" and _leads_out(target)
        return ("#" if refused else target), problem
    rest, hash_mark, fragment = target.partition("#")
    _, question, query = rest.partition("?")
    url = found.url + question + query
    if hash_mark:
        url += "#" + quote(unquote(fragment), safe="/:@!$&()*+,;=?~-._")
        problem = problem or _check_anchor(unquote(fragment), span, found, known)
    return url, problem


def find(
    target: str, span: Span, document: Document, known: Known
) -> tuple[Target | None, Problem | None]:
    """What a target typed in `document` means; neither, if it leads out of the site."""
    address = UNSEEN.sub("", target)
    if not _leads_out(target):
        return _find_here(target, span, document, known)
    scheme = address.partition(":")[0].lower()
    if scheme in REFUSED:
        return None, LinkError(f"{_quoted(target)} {REFUSED[scheme]}", span).problem()
    if not address.isascii() or "[" in address or "]" in address:  # all others can be split
        try:
            urlsplit(address)
        except ValueError:
            return None, LinkError(f"{_quoted(target)} is not a valid address", span).problem()
    web = WEB.match(address)
    return _find_absolute(web, target, span, known) if web else (None, None)


def _leads_out(target: str) -> bool:
    """Whether it begins with a scheme or a host."""
    address = UNSEEN.sub("", target)
    return bool(SCHEME.match(address) or WEB.match(address))


def _find_absolute(
    web: re.Match[str], target: str, span: Span, known: Known
) -> tuple[Target | None, Problem | None]:
    """A whole address: of this site if host and base path are ours."""
    path = unquote(web[2]) or "/"
    if web[1].lower() != known.host:
        return None, None
    if not f"{path}/".startswith(known.base):
        return None, None
    found = known.addresses.get(_address_key(path.removeprefix(known.base.rstrip("/"))))
    if found is None:
        message = f"{_quoted(target)} is an address of this site, but nothing is published there"
        return None, warning(LinkError, message, span)
    return found, None


def _find_here(
    target: str, span: Span, document: Document, known: Known
) -> tuple[Target | None, Problem | None]:
    """A path: from the folder of the source, or from the root of content or of the site."""
    path = normalize("NFC", unquote(re.split(r"[?#]", target, maxsplit=1)[0]))
    if not path:
        if target:
            return known.sources[_key(document.path)], None
        hint = "write where it leads, as in `[text](page.md)`"
        return None, LinkError("this link has no address", span, hint).problem()
    places = [known.sources, known.addresses]
    if path.startswith("/"):
        candidates = [f"{path}/".removeprefix(known.base).strip("/"), path.strip("/")]
        if splitext(path)[1] != ".md":
            places.reverse()  # what is typed like an address is one first
    else:
        within = normpath(join(dirname(_key(document.path)), path))
        candidates = ["" if within == "." else within]
    # An old blog links to its pages as files, by the address that they had there.
    candidates += [each.removesuffix(".html") for each in candidates if each.endswith(".html")]
    for candidate in candidates:
        for known_paths in places:
            if found := known_paths.get(_address_key(candidate)):
                return found, None
    return None, _nothing(target, candidates[0], span, document, known)


# --- what is wrong ---------------------------------------------------------------------------

HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}/", re.IGNORECASE)
LONGEST_SHOWN = 80
MOST_HINTS = 200
MOST_NAMES = 300
"""So many mistakes are looked into, among so many names: a site of broken links still builds."""


def _nothing(
    target: str, path: str, span: Span, document: Document, known: Known
) -> Problem | None:
    why = known.left_out.get(path)
    if why == "":
        return None
    if why:
        message = f"{_quoted(target)} leads to {CONTENT}{path}, which is not published: {why}"
        return LinkError(message, span).problem()
    if path == ".." or path.startswith("../"):
        message = f"{_quoted(target)} leads out of {CONTENT}"
        hint = "link to a source, to a file beside one, or to an address"
        return LinkError(message, span, hint).problem()
    here = "no page, file or alias of the site is there"
    where = here if target.startswith("/") else f"there is no {CONTENT}{path[:LONGEST_SHOWN]}"
    message = f"{_quoted(target)} leads to nothing: {where}"
    others = (each for each in _neighbours(path, known) if each != _key(document.path))
    meant = _nearest(path, lambda: others, path, known)
    meant = meant and relpath(meant, dirname(_key(document.path)) or ".")
    if not meant and HOST.match(target):
        scheme = "an address on another host begins with its scheme: "
        return LinkError(message, span, scheme + _quoted(f"https://{target}")).problem()
    return LinkError(message, span, meant and f'did you mean "{meant}"?').problem()


def _quoted(target: str) -> str:
    return f'"{target}"' if len(target) <= LONGEST_SHOWN else f'"{target[:LONGEST_SHOWN]}…"'


def _neighbours(path: str, known: Known) -> Iterable[str]:
    return chain.from_iterable(known.near().get(key, ()) for key in _nearby(path))


def _check_anchor(fragment: str, span: Span, found: Target, known: Known) -> Problem | None:
    """A problem if the page is known to have no such anchor."""
    document = found.document
    name = fragment.partition(":~:")[0]  # what follows is a text fragment, for the browser
    if document is None or name in FREE_ANCHORS or name in document.anchors:
        return None
    if name in _other_ids(document, known):
        return None
    message = f"there is no {_quoted(f'#{name}')} in {document.path}"
    key = f"{document.path}#{name}"
    meant = _nearest(name, lambda: sorted(document.anchors), key, known)
    return LinkError(message, span, meant and f'did you mean "#{meant}"?').problem()


def _other_ids(document: Document, known: Known) -> frozenset[str]:
    """Ids of figures and of lines of verse."""
    if document.path not in known.lines:
        verses = [chunk.verse for chunk in document.body if isinstance(chunk, VerseSlot)]
        known.lines[document.path] = frozenset(
            f"{verse.prefix}L{line.number}"
            for verse in verses
            for block in verse.blocks
            if isinstance(block, Stanza)
            for line in block.lines
        ) | {fence.id for fence in document.fences}
    return known.lines[document.path]


def _undated(path: str) -> str:
    """A path as it is compared: people mistype names, and leave out dates and suffixes."""
    name = splitext(basename(path))[0] if splitext(path)[1] in {".md", ".html", ""} else path
    return join(dirname(path), split_date(basename(name))[1]).casefold()


def _nearest(wanted: str, names: Callable[[], Iterable[str]], key: str, known: Known) -> str | None:
    """The name that was probably meant: one with the same end, or with nearly the same letters."""
    if key not in known.told:
        if len(known.told) >= MOST_HINTS:
            return None
        from difflib import get_close_matches  # slow to import, and needed only after a mistake

        some = {_undated(name): name for name in islice(names(), MOST_NAMES)}
        end = basename(_undated(wanted))
        same = [name for name in some if basename(name) == end and not end.startswith("index.")]
        near = get_close_matches(_undated(wanted), same or some, n=1, cutoff=0.75) or same
        known.told[key] = some[near[0]] if near else None
    return known.told[key]
