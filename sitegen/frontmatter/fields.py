"""The fields of front matter: one row in `FIELDS` each, and a reader for each type.

Comes in: an `Entry`. Goes out: the value as `Meta` holds it, None if nothing was given, or a
FrontMatterError (a group of them where a list has several mistakes).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import Any, NamedTuple
from urllib.parse import unquote

from sitegen.errors import FrontMatterError, suggest
from sitegen.frontmatter.entry import Entry, Text
from sitegen.model import Kind, Moment
from sitegen.moments import read_moment
from sitegen.slugs import (
    address_mistake,
    has_letters,
    is_language,
    path_mistake,
    printable,
    slugify,
)

KINDS: dict[str, Kind] = {"post": "post", "poem": "poem", "page": "page"}
FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def read_line(entry: Entry, _zone: tzinfo) -> str | None:
    """Text on one line, as typed."""
    return _joined(entry.text(prose=True))


def read_lines(entry: Entry, _zone: tzinfo) -> str | None:
    """Text that keeps its lines."""
    found = entry.text(prose=True)
    return found.text.strip("\n").rstrip() or None if found else None


def _joined(found: Text | None) -> str | None:
    if found is None:
        return None
    lines = (line.strip(" \t") for line in found.text.split("\n"))
    return " ".join(line for line in lines if line.strip()) or None


def read_kind(entry: Entry, _zone: tzinfo) -> Kind | None:
    """`post`, `poem` or `page`."""
    found = entry.text(prose=False)
    if found is None:
        return None
    if found.text.lower() not in KINDS:
        hint = suggest(found.text.lower(), KINDS, "Known types")
        raise FrontMatterError(f'unknown type "{found.text}"', found.span, hint)
    return KINDS[found.text.lower()]


def read_flag(entry: Entry, _zone: tzinfo) -> bool | None:
    """True or false, in any case."""
    found = entry.text(prose=False)
    if found is None:
        return None
    if found.text.lower() not in FLAGS:
        message = f'{entry.key} must be true or false, and not "{found.text}"'
        raise FrontMatterError(message, found.span, f"write {entry.key}: true")
    return FLAGS[found.text.lower()]


def read_date(entry: Entry, zone: tzinfo) -> Moment | None:
    """A day, or a day with a time (in `zone` where it names none)."""
    found = entry.text(prose=False)
    if found is None or found.text.lower() in {"null", "~"}:
        return None
    try:
        day, at = read_moment(found.text.strip(), zone)
    except ValueError as mistake:
        hint = "write it as 2024-01-31, 2024-01-31 18:30 or 2024-01-31T18:30:00+02:00"
        raise FrontMatterError(f"{entry.key}: {mistake}", found.span, hint) from None
    return Moment(day=day, at=at)


def read_language(entry: Entry, _zone: tzinfo) -> str | None:
    """A language tag."""
    found = entry.text(prose=False)
    if found and not is_language(found.text):
        hint = "write a language tag, as en, pt-BR or zh-Hant"
        raise FrontMatterError(f'"{found.text}" is not a language', found.span, hint)
    return found.text if found else None


def read_slug(entry: Entry, _zone: tzinfo) -> str | None:
    """The last part of the address."""
    found = entry.text(prose=True)
    if found is None or not found.text.strip():
        return None
    why = path_mistake(found.text)
    if "/" in found.text:
        why = why or "has a /"
    elif why and "host" in why:
        why = None  # a colon without a slash is only punctuation
    if not why and not has_letters(found.text):
        why = "has no letter and no digit"
    if why:
        hint = "a slug is one name; write permalink: /a/b/ for a whole address"
        raise FrontMatterError(f'the slug "{found.text}" {why}', found.span, hint)
    return slugify(found.text)


def read_address(entry: Entry, _zone: tzinfo) -> str | None:
    """An address inside the site."""
    found = entry.text(prose=True)
    return _address(entry.key, found) if found and found.text.strip() else None


def read_addresses(entry: Entry, _zone: tzinfo) -> tuple[str, ...]:
    """Addresses inside the site; all mistakes at once."""
    good: list[str] = []
    mistakes: list[FrontMatterError] = []
    for found in entry.texts():
        try:
            good.append(_address(entry.key, found))
        except FrontMatterError as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise ExceptionGroup(entry.key, mistakes)
    return tuple(dict.fromkeys(good))


def _address(key: str, found: Text) -> str:
    text = found.text.strip()
    if why := address_mistake(text):
        hint = "write a path inside the site, as /essays/scale/"
        raise FrontMatterError(f'{key}: "{text}" {why}', found.span, hint)
    address = unicodedata.normalize("NFC", unquote(text))
    return address if address.startswith("/") else f"/{address}"


def read_image(entry: Entry, _zone: tzinfo) -> str | None:
    """The path of an image beside the source or in the site, or a whole address."""
    found = entry.text(prose=True)
    if found is None or not found.text.strip():
        return None
    text = found.text.strip()
    scheme, colon, _ = text.partition(":")
    why = None
    if not (printable(text) and printable(unquote(text))):
        why = "has a control character"
    elif "\\" in text:
        why = "has a backslash"
    elif text.startswith("//") or (colon and scheme.lower() not in {"http", "https"}):
        why = "is neither a path nor an address that begins with https://"
    if why:
        hint = "write the path of a file, as cover.png or /images/cover.png"
        raise FrontMatterError(f'image: "{text}" {why}', found.span, hint)
    return text


def read_tags(entry: Entry, _zone: tzinfo) -> tuple[str, ...]:
    """Tags from a list, or from one text with commas; the first spelling of each stays."""
    found = entry.texts()
    if len(found) == 1:
        return _names(found[0].text.split(","))
    return _names(item.text for item in found)


def read_names(entry: Entry, _zone: tzinfo) -> tuple[str, ...]:
    """Names from a list, or one name (which may have a comma in it)."""
    return _names(item.text for item in entry.texts())


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    spaced = (unicodedata.normalize("NFC", " ".join(text.split())) for text in texts)
    first: dict[str, str] = {}
    for name in spaced:
        if name:
            first.setdefault(name.casefold(), name)
    return tuple(first.values())


def read_extra(entry: Entry, _zone: tzinfo) -> dict[str, Any] | None:
    """Anything, for templates."""
    tree = entry.tree()
    if tree is None:
        return None
    if not isinstance(tree, dict):
        hint = "write `extra:` and below it, indented, `name: value`"
        raise FrontMatterError("extra must be a map of names to values", entry.span, hint)
    return tree


class Field(NamedTuple):
    """`name` of `Meta` that it fills, how it is read, the only kind that may have it."""

    name: str
    read: Callable[[Entry, tzinfo], Any]
    only: Kind | None = None


FIELDS: dict[str, Field] = {
    "title": Field("title", read_line),
    "type": Field("kind", read_kind),
    "date": Field("date", read_date),
    "updated": Field("updated", read_date),
    "slug": Field("slug", read_slug),
    "permalink": Field("permalink", read_address),
    "tags": Field("tags", read_tags),
    "series": Field("series", read_line),
    "authors": Field("authors", read_names),
    "author": Field("authors", read_names),
    "description": Field("description", read_line),
    "draft": Field("draft", read_flag),
    "lang": Field("language", read_language),
    "aliases": Field("aliases", read_addresses),
    "image": Field("image", read_image),
    "math": Field("math", read_flag),
    "toc": Field("toc", read_flag),
    "line_numbers": Field("line_numbers", read_flag, "poem"),
    "epigraph": Field("epigraph", read_lines, "poem"),
    "extra": Field("extra", read_extra),
}

ELSEWHERE = {
    "summary": "description",
    "excerpt": "description",
    "subtitle": "description",
    "categories": "tags",
    "category": "tags",
    "keywords": "tags",
    "language": "lang",
    "lastmod": "updated",
    "modified": "updated",
    "url": "permalink",
    "redirect_from": "aliases",
    "cover": "image",
}
"""What other generators call our fields."""


def unknown(key: str) -> str:
    """The hint for a key that is no field."""
    name = key[:40].lower().replace("-", "_")
    if name in ELSEWHERE:
        return f'did you mean "{ELSEWHERE[name]}"? Or put it under extra:'
    return f"{suggest(name, FIELDS, 'Known fields')}; anything else goes under extra:"
