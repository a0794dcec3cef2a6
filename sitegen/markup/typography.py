r"""Typography: the marks that a keyboard lacks, from those that it has.

Comes in: a `MarkdownIt` and a language. Goes out: the same one, which turns `"…"` and `'…'` into
the language's quotation marks, `'` into an apostrophe, `--` and `---` into dashes and `...` into an
ellipsis. It sees a block as one text, so that a mark knows its neighbours across tags; code,
formulas, addresses, raw HTML, `{{ … }}` and what was escaped by `\` stay as typed. Nothing else is
changed. Linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple
from unicodedata import category

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from sitegen.markup.notes import texts

USERS = {
    "“”‘’": "en cy eo ga hi id ko la lv nl pt sq tr vi zh es-mx",
    "«»“”": "ar ca el es eu gl it pt-pt",
    "«»„“": "be ru uk",
    "«»‘’": "nb nn no",
    "«»‹›": "de-ch fa",
    "»«›‹": "da",
    "„“‚‘": "cs de et is lt mk sk sl sr",
    "„“‘’": "bg",
    "„”‘’": "bs hr",
    "„”«»": "pl ro",
    "„”»«": "hu",
    "””’’": "fi he sv",
    "「」『』": "ja",
    "«\u00a0|\u00a0»|“|”": "fr",
    "«\u202f|\u202f»|‹\u202f|\u202f›": "fr-ch",
}
"""Double marks that open and close, single ones; parted by bars where a space belongs to them."""
MARKS = {language: marks for marks, languages in USERS.items() for language in languages.split()}
APOSTROPHE = "’"

ELIDED = {
    "en": re.compile(
        r"'(?:n'(?!\w)|(?:tis|twas|twere|twill|twould|em|cause|til|till|bout|round|neath|gainst)"
        r"(?![\w'])|\d\ds?(?![\w'])|t(?:is|was)n't(?!\w))",
        re.IGNORECASE,
    ),
    "nl": re.compile(r"'(?:n|s|t|k|m|r|ns)(?![\w'])", re.IGNORECASE),
}
"""Words whose first letters are left out: the mark before them is no quotation mark."""


def plugin(md: MarkdownIt, language: str = "en") -> None:
    """Add the rule; it runs while escaped characters are still apart from the text."""
    md.core.ruler.before("text_join", "typography", partial(set_type, language=language))


def set_type(state: StateCore, language: str) -> None:
    """Set the texts of all blocks, and of the notes inside them."""
    for token in texts(state.tokens):
        if token.content and not _has_marks(token.content):
            continue  # then its children have none either
        children = token.children or []
        if any(c.type == "text" and _has_marks(c.content) for c in children):
            _set(children, language.lower())


def _has_marks(text: str) -> bool:
    return '"' in text or "'" in text or "--" in text or "..." in text


def marks_of(language: str) -> Sequence[str] | None:
    """The four quotation marks of a language tag such as `de-CH`; none if it is not known."""
    entry = MARKS.get(language.lower()) or MARKS.get(language.lower().split("-", 1)[0])
    return entry.split("|") if entry and "|" in entry else entry


# --- one text out of many tokens -----------------------------------------------------------------


class Edit(NamedTuple):
    """What stands from `start` to `end` is replaced."""

    start: int
    end: int
    new: str


def _set(children: Sequence[Token], language: str) -> None:
    text, starts = _flatten(children)
    edits = sorted([*_dashes_and_dots(text), *_quotes(text, language)])
    at = 0
    for token, start in zip(children, starts, strict=True):
        if token.type != "text":
            continue
        content, done, parts = token.content, 0, []
        while at < len(edits) and edits[at].start < start + len(content):
            begin, end, new = edits[at]
            at += 1
            if end <= start + len(content):  # not one that runs into the next tag
                parts += [content[done : begin - start], new]
                done = end - start
        if parts:
            token.content = "".join([*parts, content[done:]])


def set_plain(text: str, language: str) -> str:
    """A text that is no Markdown, with the marks that a language has."""
    for start, end, new in sorted([*_dashes_and_dots(text), *_quotes(text, language)])[::-1]:
        text = text[:start] + new + text[end:]
    return text


OBJECT = "\ufffc"
"""Stands for code, a formula, a number or a picture: no space, no punctuation."""
MASK = "·"
"""Stands for a mark that is to stay as typed: punctuation."""
STAYS = re.compile(
    r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|(?:(?<!\w)[a-z]{2,10}://|(?<!\w)www\.)[^\s\"'<>]+", re.IGNORECASE
)
MARK = re.compile(r"[\"'.-]")
RAW = re.compile(r"<(/?)(code|kbd|math|pre|samp|script|style|svg|textarea|tt|var)\b", re.IGNORECASE)


def _flatten(children: Sequence[Token]) -> tuple[str, list[int]]:
    """The children as one text as long as theirs, and where each begins in it."""
    parts: list[str] = []
    starts: list[int] = []
    length, raw, address = 0, "", False
    for token in children:
        part = ""
        if token.type in ("text", "text_special"):
            stays = raw or address or token.type == "text_special"
            part = _masked(token.content) if stays else STAYS.sub(_mask_match, token.content)
        elif token.type in ("softbreak", "hardbreak"):
            part = "\n"
        elif token.type == "html_inline":
            part = "\n" if token.content[:3].lower() == "<br" else ""
            raw = _raw_element(token.content, raw)
        elif token.info == "auto":
            address = token.nesting > 0
        elif token.type in ("code_inline", "math_inline", "measure", "image"):
            part = OBJECT
        parts.append(part)
        starts.append(length)
        length += len(part)
    return "".join(parts), starts


def _masked(text: str) -> str:
    return MARK.sub(MASK, text)


def _mask_match(match: re.Match[str]) -> str:
    return _masked(match[0])


def _raw_element(tag: str, inside: str) -> str:
    """The element with code that the text behind `tag` is in, "" if it is in none."""
    match = RAW.match(tag)
    if match is None or tag.endswith("/>"):
        return inside
    name = match[2].lower()
    if match[1]:
        return "" if name == inside else inside
    return inside or name


# --- dashes and dots -----------------------------------------------------------------------------

DASH_OR_DOTS = re.compile(r"(?<![-<!·])---?(?![->])|(?<![./·])\.{3}(?=\.?(?![./]))")
NEW = {"--": "–", "---": "—", "...": "…"}


def _dashes_and_dots(text: str) -> Iterator[Edit]:
    for match in DASH_OR_DOTS.finditer(text):
        start, end = match.span()
        if match[0] == "--" and _is_option(text, start, end):
            continue
        yield Edit(start, end, NEW[match[0]])


def _is_option(text: str, start: int, end: int) -> bool:
    """Whether `--` begins a word as in `use --strict`; at a line's start it is a dash."""
    return text[start - 1 : start] == " " and text[end : end + 1].isalnum()


# --- quotation marks -----------------------------------------------------------------------------

QUOTE = re.compile(r"[\"']")


def _quotes(text: str, language: str) -> list[Edit]:
    """Edits for each mark that is not to stay; pairs are matched as they close."""
    marks = marks_of(language)
    if marks is None:
        return []
    elided = ELIDED.get(language.split("-", 1)[0])
    found = _Pairs(marks)
    resume = 0
    for match in QUOTE.finditer(text):
        at = match.start()
        if at < resume:
            continue
        left_out = elided.match(text, at) if elided and match[0] == "'" else None
        before = text[at - 1] if at else "\n"
        if left_out and not before.isalnum():
            resume = left_out.end()
            for index in range(at, resume):
                if text[index] == "'":
                    found.put(index, APOSTROPHE)
            continue
        after = text[at + 1] if at + 1 < len(text) else "\n"
        found.add(at, match[0], before, after)
    return found.edits()


class _Pairs:
    """Quotation marks that are open, and what each mark so far becomes."""

    def __init__(self, marks: Sequence[str]) -> None:
        self.opening = {'"': marks[0], "'": marks[2]}
        self.closing = {'"': marks[1], "'": marks[3]}
        self.new: dict[int, str] = {}
        self.open: list[tuple[str, int]] = []
        self.count = {'"': 0, "'": 0}

    def put(self, at: int, new: str) -> None:
        self.new[at] = new

    def add(self, at: int, mark: str, before: str, after: str) -> None:
        """Take the next mark, by the characters on its two sides."""
        opens, closes = _sides(before, after)
        if mark == '"' and not opens and not before.isspace() and not before.isdigit():
            closes = closes or self.count[mark] > 0  # "A"s
        if closes and self.count[mark]:
            self._close(mark)
            self.put(at, self.closing[mark])
        elif opens:
            self.open.append((mark, at))
            self.count[mark] += 1
            self.put(at, self.opening[mark])
        elif closes and not before.isdigit():  # 5' 6" are feet and inches
            self.put(at, APOSTROPHE if mark == "'" else self.closing[mark])
        elif mark == "'" and not (before.isspace() or after.isspace()):
            self.put(at, APOSTROPHE)

    def _close(self, mark: str) -> None:
        """Close the last one; single marks that were open inside it were apostrophes."""
        while True:
            other, at = self.open.pop()
            self.count[other] -= 1
            if other == mark:
                return
            self._never_closed(other, at)

    def _never_closed(self, mark: str, at: int) -> None:
        if mark == "'":  # a double mark may be closed in another paragraph
            self.put(at, APOSTROPHE)

    def edits(self) -> list[Edit]:
        """What becomes of the marks, once all are known."""
        for mark, at in self.open:
            self._never_closed(mark, at)
        return [Edit(at, at + 1, new) for at, new in self.new.items()]


def _sides(before: str, after: str) -> tuple[bool, bool]:
    """Whether a mark between two characters may open, and whether it may close."""
    space_before, space_after = before.isspace(), after.isspace()
    mark_before, mark_after = _is_mark(before), _is_mark(after)
    opens = not space_after and (not mark_after or space_before or mark_before)
    closes = not space_before and (not mark_before or space_after or mark_after)
    if opens and closes:  # inside a word it is neither
        return mark_before, mark_after
    return opens, closes


def _is_mark(char: str) -> bool:
    return category(char)[0] in "PS" and char != OBJECT
