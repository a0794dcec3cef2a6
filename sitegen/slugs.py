"""Names: what a file name says (a date, a title, a slug), and what may stand in an address.

Comes in: text that a person typed. Goes out: text that is safe in a URL, or the reason why not.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from urllib.parse import unquote

APOSTROPHES = "'‘’"
LONGEST_SLUG = 200
"""In bytes of UTF-8: file systems allow 255 for a name, and a suffix may follow."""
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*+")
"""A name that is a slug already."""


def slugify(text: str) -> str:
    """The part of an address for a name: letters, digits and marks of every script, and `-`.

    NFKC, lower case, never empty: a name without a letter is spelt by its code points.
    """
    if SLUG.fullmatch(text) and len(text) <= LONGEST_SLUG:
        return text
    kept: list[str] = []
    for char in _nfkc(_nfkc(text).lower()):
        category = unicodedata.category(char)
        if category[0] in "LN" or (category[0] == "M" and kept and kept[-1] != "-"):
            kept.append(char)
        elif category == "Cf" or char in APOSTROPHES:
            continue  # joiners, direction marks and don't → dont
        elif kept and kept[-1] != "-":
            kept.append("-")
    slug = _nfkc("".join(kept).strip("-"))
    spelt = "-".join(f"u{ord(char):x}" for char in _nfkc(text).strip()[:40])
    return _at_most(slug or spelt or "untitled", LONGEST_SLUG)


def has_letters(text: str) -> bool:
    """Whether a slug can be made of the text itself."""
    return any(unicodedata.category(char)[0] in "LN" for char in text)


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _at_most(slug: str, size: int) -> str:
    return slug.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore").rstrip("-")


DATED = re.compile(
    r"([0-9]{4})[-_](?:([0-9]{1,2})[-_]([0-9]{1,2})|([0-9]{2}))(?:[-_ ]+(.*))?", re.DOTALL
)


def split_date(stem: str) -> tuple[date | None, str]:
    """The date before a file's name, and the name without it: `2024-01-31-snow`, `2024-01-snow`.

    With a day, month and day may have one digit (`2024-1-3-snow`). A whole date alone is a date
    and stays the name. What is no valid date is part of the name.
    """
    found = DATED.fullmatch(stem)
    if not found:
        return None, stem
    year, month, day, only_month, rest = found.groups()
    if only_month and not rest:
        return None, stem
    try:
        return date(int(year), int(month or only_month), int(day or 1)), rest or stem
    except ValueError:
        return None, stem


def names_folder(stem: str) -> bool:
    """Whether a file of this name is the page of its folder; `_index` is what others call it."""
    return stem.lower() in {"index", "_index"}


def readable(name: str) -> str:
    """A title made of a file's name: spaces for `-` and `_`, the first letter a capital."""
    words = re.sub(r"[-_ ]+", " ", unicodedata.normalize("NFC", name)).strip()
    return words[:1].upper() + words[1:] if words else name


LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def is_language(tag: str) -> bool:
    """Whether it has the shape of a language tag (BCP 47): `en`, `pt-BR`, `zh-Hant-TW`."""
    return LANGUAGE.fullmatch(tag) is not None


def printable(text: str) -> bool:
    """Whether the text is free of control characters, line separators and lone surrogates."""
    if text.isprintable():  # which is stricter, and quick
        return True
    return not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in text)


def path_mistake(path: str) -> str | None:
    """Why a typed path could lead somewhere else, or nowhere (as words after "it"), or None."""
    decoded = unquote(path)  # a server sees `%2e%2e` as `..`
    if not (printable(path) and printable(decoded)):
        return "has a control character"
    if "\\" in decoded:
        return "has a backslash"
    if decoded.startswith("//") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", decoded):
        return "names another host; only a path inside the site is possible"
    return 'leaves its folder by ".."' if ".." in decoded.split("/") else None


def below_base(typed: str, base: str) -> str:
    """An address as it was typed, without the path of the site."""
    return typed if base == "/" else typed.removeprefix(base)


def address_mistake(address: str) -> str | None:
    """Why no file of the site can be at an address (as words after "it"), or None."""
    if mistake := path_mistake(address):
        return mistake
    if "?" in address or "#" in address:
        return "has a ? or a #, which only a link can have"
    parts = unquote(address).split("/")
    return "has an empty part" if "" in parts[1:-1] or "." in parts else None
