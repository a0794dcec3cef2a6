"""The order in which a reader looks for a line: by its letters and digits, and nothing else.

Comes in: a line of text. Goes out: a key to sort it by, and the letter of the alphabet that it
stands under. Case, accents, quotes and punctuation do not count, and articles do, as in an index of
first lines in a book. It is the same order on every machine; languages that give a letter with an
accent a place of its own (Swedish ö after z) find it beside the plain one.
"""

from __future__ import annotations

import re
import unicodedata

STROKES = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "þ": "th"}
    | {"ı": "i"}
)
"""Letters with a stroke or bound together, which Unicode does not take apart."""
APART = re.compile(r"[\W_]+")
INSIDE = re.compile(r"(?<=\w)['’](?=\w)")


def collated(text: str) -> tuple[bool, str, str]:
    """A key to sort by: what begins with no letter comes last; of equal lines the text decides."""
    words = _words(text)
    return not _letter(words), words, text


def letter(text: str) -> str:
    """The capital that a line stands under; "" where it begins with a digit or an ideograph."""
    return _letter(_words(text))


def _letter(words: str) -> str:
    first = words[:1]
    if not first.isalpha() or unicodedata.name(first, "").startswith("CJK"):
        return ""
    return first.upper()


def _words(text: str) -> str:
    """Its words in plain small letters, a space between two."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(STROKES)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return APART.sub(" ", INSIDE.sub("", plain)).strip()
