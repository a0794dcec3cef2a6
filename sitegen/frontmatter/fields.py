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
from sitegen.frontmatter.entry import Text, TomlEntry
from sitegen.frontmatter.yaml import YamlEntry
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

Entry = TomlEntry | YamlEntry
Read = Callable[[Entry, tzinfo], Any]


def one(read: Callable[[Text, str, tzinfo], Any], *, prose: bool = False) -> Read:
    """A reader of one text that is not blank, by what it means for the field of that key."""

    def reader(entry: Entry, zone: tzinfo) -> Any:
        found = entry.text(prose=prose)
        if found is None or not found.text.strip():
            return None
        return read(_checked(found, entry.key), entry.key, zone)

    return reader


def _checked(found: Text, key: str) -> Text:
    r"""The text, without a character that no page may hold (`"\e"` of YAML is one)."""
    if not printable(found.text.replace("\n", "").replace("\t", "")):
        raise FrontMatterError(f"{key} has a control character", found.span, "delete it")
    return found


def read_line(found: Text, _key: str, _zone: tzinfo) -> str:
    """Text on one line, as typed."""
    lines = (line.strip(" \t") for line in found.text.split("\n"))
    return " ".join(line for line in lines if line)


def read_lines(found: Text, _key: str, _zone: tzinfo) -> str:
    """Text that keeps its lines."""
    return found.text.strip("\n").rstrip()


def read_kind(found: Text, _key: str, _zone: tzinfo) -> Kind:
    """`post`, `poem` or `page`."""
    if found.text.lower() not in KINDS:
        hint = suggest(found.text.lower(), KINDS, "Known types")
        raise FrontMatterError(f'unknown type "{found.text}"', found.span, hint)
    return KINDS[found.text.lower()]


def read_flag(found: Text, key: str, _zone: tzinfo) -> bool:
    """True or false, in any case."""
    if found.text.lower() not in FLAGS:
        message = f'{key} must be true or false, and not "{found.text}"'
        raise FrontMatterError(message, found.span, f"write {key}: true or {key}: false")
    return FLAGS[found.text.lower()]


def read_date(found: Text, key: str, zone: tzinfo) -> Moment | None:
    """A day, or a day with a time (in `zone` where it names none)."""
    if found.text.lower() in {"null", "~"}:
        return None
    try:
        day, at = read_moment(found.text.strip(), zone)
    except ValueError as mistake:
        hint = "write it as 2024-01-31, 2024-01-31 18:30 or 2024-01-31T18:30:00+02:00"
        raise FrontMatterError(f"{key}: {mistake}", found.span, hint) from None
    return Moment(day=day, at=at)


def read_language(found: Text, _key: str, _zone: tzinfo) -> str:
    """A language tag."""
    if not is_language(found.text):
        hint = "write a language tag, as en, pt-BR or zh-Hant"
        raise FrontMatterError(f'"{found.text}" is not a language', found.span, hint)
    return found.text


def read_slug(found: Text, _key: str, _zone: tzinfo) -> str:
    """The last part of the address."""
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


def read_address(found: Text, key: str, _zone: tzinfo) -> str:
    """An address inside the site."""
    text = found.text.strip()
    if why := address_mistake(text):
        hint = "write a path inside the site, as /essays/scale/"
        raise FrontMatterError(f'{key}: "{text}" {why}', found.span, hint)
    address = unicodedata.normalize("NFC", unquote(text))
    return address if address.startswith("/") else f"/{address}"


def read_addresses(entry: Entry, zone: tzinfo) -> tuple[str, ...]:
    """Addresses inside the site; all mistakes at once."""
    good: list[str] = []
    mistakes: list[FrontMatterError] = []
    for found in entry.texts():
        try:
            good.append(read_address(found, entry.key, zone))
        except FrontMatterError as mistake:
            mistakes.append(mistake)
    if mistakes:
        raise ExceptionGroup(entry.key, mistakes)
    return tuple(dict.fromkeys(good))


def read_image(found: Text, _key: str, _zone: tzinfo) -> str:
    """The path of an image beside the source or in the site, or a whole address."""
    text = found.text.strip()
    scheme, colon, _ = text.partition(":")
    why = None
    if not printable(unquote(text)):
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
    found = [_checked(item, entry.key).text for item in entry.texts()]
    return _names(found[0].split(",") if len(found) == 1 else found)


def read_names(entry: Entry, _zone: tzinfo) -> tuple[str, ...]:
    """Names from a list, or one name (which may have a comma in it)."""
    return _names(_checked(item, entry.key).text for item in entry.texts())


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
    """`name` of `Meta` that it fills, how it is read, what the manual says, the only kind."""

    name: str
    read: Read
    says: str
    only: Kind | None = None


line, flag, moment = one(read_line, prose=True), one(read_flag), one(read_date)

FIELDS: dict[str, Field] = {
    "title": Field("title", line, "a line of text; else the first heading, else the file name"),
    "type": Field("kind", one(read_kind), "`post`, `poem` or `page`; else the folder tells"),
    "date": Field(
        "date",
        moment,
        "`2026-03-08`, `2026-03-08 18:30` (in the site's zone) or `2026-03-08T18:30:00+02:00`",
    ),
    "updated": Field("updated", moment, "when it was last changed, written as a date"),
    "slug": Field("slug", one(read_slug, prose=True), "the last part of the address"),
    "permalink": Field("permalink", one(read_address, prose=True), "the whole address: `/a/b/`"),
    "tags": Field("tags", read_tags, "a list, or names between commas"),
    "series": Field("series", line, "the name of the series that it is part of"),
    "authors": Field("authors", read_names, "a list of names"),
    "author": Field("authors", read_names, "one name; another word for `authors`"),
    "description": Field(
        "description",
        line,
        "a sentence for lists and search engines; else the first paragraph or stanza",
    ),
    "draft": Field("draft", flag, "`true` or `false` (or `yes`, `no`): a draft is not published"),
    "lang": Field(
        "language", one(read_language), "`en`, `de`, `pt-BR`; it also chooses the quotation marks"
    ),
    "aliases": Field(
        "aliases", read_addresses, "former addresses; each becomes a page that leads here"
    ),
    "image": Field(
        "image",
        one(read_image, prose=True),
        "a picture for those who link to the page: a file beside the source, or an address",
    ),
    "math": Field("math", flag, "`false` leaves dollar signs alone"),
    "toc": Field("toc", flag, "`true` lists the headings at the head of the page"),
    "line_numbers": Field("line_numbers", flag, "`true` numbers every fifth line", "poem"),
    "epigraph": Field("epigraph", one(read_lines, prose=True), "lines before the poem", "poem"),
    "extra": Field("extra", read_extra, "anything, for templates of your own"),
}

ELSEWHERE = {
    "type": "layout template kind",
    "date": "created pubdate",
    "updated": "lastmod modified last_modified_at",
    "draft": "published status",
    "description": "summary excerpt subtitle abstract",
    "tags": "categories category keywords taxonomies",
    "lang": "language locale",
    "permalink": "url",
    "aliases": "redirect_from",
    "image": "cover thumbnail",
}
"""Our fields, by what other generators call them."""


def unknown(key: str) -> str:
    """The hint for a key that is no field."""
    name = key[:40].lower().replace("-", "_")
    for ours, theirs in ELSEWHERE.items():
        if name in theirs.split():
            return f'did you mean "{ours}"? Or put it under extra:'
    return f"{suggest(name, FIELDS, 'Known fields')}; anything else goes under extra:"
