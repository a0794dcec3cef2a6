"""YAML front matter, each value read by the type of its field and not by YAML's guess.

Comes in: the lines of a block. Goes out: one `YamlEntry` a field. The block is cut into fields
line by line, so that a mistake in one hides no other, and so that a text which YAML would misread
or refuse (`#1 song`, `Attention: a love story`, `[draft] x`) can be taken as typed. What begins
like YAML syntax is composed by PyYAML, whose nodes carry line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml as pyyaml

from sitegen.errors import FrontMatterError, Span
from sitegen.frontmatter.entry import Text, as_quoted, quoted, wrong_type
from sitegen.frontmatter.nodes import BEFORE, BadYaml, Place, compose, empty, plain

SYNTAX = "\"'[]{}|>&*!%@`,#"
"""What a plain scalar cannot begin with; `-`, `?` and `:` only before a space."""
OPENS = re.compile(rf"[{re.escape(SYNTAX)}]|[-?:](?=\s|$)")
COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")
LOOSE_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#(?=\s|$)")
KEY_END = re.compile(r":(?=[ \t]|$)")
LISTED = re.compile(r"""(?:"[^"]*"|'[^']*')|[^\s,][^,]*(?<!\s)""")
ITEM = re.compile(r" *-(?:[ \t]+(.*)|$)")

QUOTED = re.compile(r"""\"[^"\\]*"|'[^']*'""")
WORD = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ -]*[A-Za-z0-9_-])?")
WORDS = re.compile(rf"\[ *{WORD.pattern}(?: *, *{WORD.pattern})* *\]")
"""What needs no YAML parser, for nothing in it is escaped: `"a text"`, `[one, two words]`."""


def read_entries(
    lines: list[str], path: str, first: int, report: Callable[[FrontMatterError], None]
) -> list[YamlEntry]:
    """The fields in their order; a line that belongs to none is reported."""
    entries: list[YamlEntry] = []
    margin = _margin(lines)
    for number, line in enumerate(lines, first):
        blank = not line.strip() or line.lstrip().startswith("#")
        split = None if blank else _key(line, margin)
        if split:
            key, begin, end = split
            entries.append(YamlEntry(key, Span(path, number, begin + 1, end - begin), line))
        elif entries and (blank or line[margin : margin + 1] in (*" \t-]}", "")):
            entries[-1].more.append(line)
        elif not blank:
            report(_not_a_field(line, Span(path, number, 1, len(line))))
    return entries


def _margin(lines: list[str]) -> int:
    """How far the whole block is indented."""
    written = (line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    first = next(written, "")
    return len(first) - len(first.lstrip(" "))


def _key(line: str, margin: int) -> tuple[str, int, int] | None:
    """The key of a line that begins a field, and where it stands."""
    end = KEY_END.search(line)
    if not end or line[:margin].strip() or line[margin] in " \t":
        return None
    key = line[margin : end.start()].rstrip()
    if len(key) > 1 and key[0] in "\"'" and key[-1] == key[0]:
        return key[1:-1], margin, margin + len(key)
    return None if not key or OPENS.match(key) else (key, margin, margin + len(key))


def _not_a_field(line: str, span: Span) -> FrontMatterError:
    typed = line.strip()
    close = re.fullmatch(r"([\w-]+)(?::(?=\S)|[ \t]*=[ \t]*)(.*)", typed)
    hint = "a field is `name: value`, below the first one; indent what belongs to the line above"
    if close:
        hint = f"write `{close[1]}: {close[2]}`, with a colon and a space"
    return FrontMatterError(f'"{typed[:60]}" is not a field', span, hint)


class YamlEntry:
    """A field: the rest of its line, and the lines below that belong to it."""

    def __init__(self, key: str, place: Span, line: str) -> None:
        self.key = key
        self.place = place
        self.more: list[str] = []
        rest = line[line.index(":", place.column - 1 + place.length) + 1 :]
        self.value = rest.strip(" \t")
        column = len(line) - len(rest.lstrip(" \t")) + 1 if self.value else place.column
        length = len(self.value) or place.length
        self.span = Span(place.path, place.line, column, length)

    def text(self, *, prose: bool) -> Text | None:
        """The value as one text: as typed on one line, by YAML's rules on several."""
        if not self._continued:
            return self._one_line(self.value, self.span, prose=prose)
        typed = self.value if len(self.value) > 1 else ""
        return _scalar(self._compose(), self.key, self.span, typed)

    def texts(self) -> list[Text]:
        """The items of a list in either style, or the one text."""
        items = self._items()
        if self.value.startswith("[") or (self._continued and not items):
            return self._composed_items()
        if self._continued:
            found = [self._one_line(item.text, item.span, prose=True) for item in items]
        else:
            found = [self.text(prose=True)]
        return [item for item in found if item]

    def tree(self) -> object:
        """Plain data by YAML's core rules."""
        return plain(self._compose(), self.key, self._place)

    @property
    def _continued(self) -> bool:
        return any(line.strip() and not line.lstrip().startswith("#") for line in self.more) or (
            bool(self.value) and self.value[0] in "|>" and any(line.strip() for line in self.more)
        )

    def _items(self) -> list[Text]:
        """The items of a list written one a line; empty if it is written in another way."""
        items: list[Text] = []
        if self.value and not LOOSE_COMMENT.match(self.value):
            return items
        for number, line in enumerate(self.more, self.place.line + 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = ITEM.fullmatch(line)
            if not found:
                return []
            text = (found[1] or "").rstrip()
            column = found.start(1) + 1 if text else 1
            items.append(Text(text, Span(self.span.path, number, column, max(1, len(text)))))
        return items

    def _composed_items(self) -> list[Text]:
        if not self.more and WORDS.fullmatch(self.value):
            row, column = self.place.line, self.span.column
            return [
                Text(word[0], Span(self.span.path, row, column + word.start(), len(word[0])))
                for word in WORD.finditer(self.value)
            ]
        node = self._compose()
        if not isinstance(node, pyyaml.SequenceNode):
            hint = f"write {self.key}: [one, two], or `- one` on lines of their own"
            raise FrontMatterError(f"{self.key} must be a list of texts", self.span, hint)
        return [self._composed_item(item) for item in node.value if not empty(item)]

    def _composed_item(self, node: pyyaml.Node) -> Text:
        column = node.start_mark.column - len(BEFORE)
        typed = self.value[column : node.end_mark.column - len(BEFORE)]
        typed = typed if node.end_mark.line == 0 else ""
        span = self._place.of(node.start_mark, max(1, len(typed)))
        if typed.startswith("{{"):
            return Text(typed, span)
        return _scalar(node, f"an item of {self.key}", span, typed) or Text("", span)

    @property
    def _place(self) -> Place:
        return Place(self.span, self.place.line, 1 + len(self.more))

    def _compose(self) -> pyyaml.Node:
        try:
            return compose("\n".join([self.value, *self.more]), self._place)
        except BadYaml as bad:
            hint = bad.advice
            if self.value.startswith("[") and not self._continued:
                found = LISTED.findall(self.value[1:].removesuffix("]"))
                items = [item if item[0] in "\"'" else quoted(item) for item in found]
                hint = f"write {self.key}: [{', '.join(items)}]"
            raise FrontMatterError(f"{self.key}: {bad.problem}", bad.span, hint) from None

    def _one_line(self, typed: str, span: Span, *, prose: bool) -> Text | None:
        """A text on one line: what is plain, or no YAML at all, is taken as typed."""
        if not typed:
            return None
        if not OPENS.match(typed) or typed.startswith(("#", "{{")) or _bare_anchor(typed):
            return self._without_comment(typed, span, prose=prose)
        if QUOTED.fullmatch(typed) and typed.isprintable():
            return Text(typed[1:-1], span)
        try:
            node = compose(typed, Place(span, span.line, 1))
        except BadYaml as bad:
            if not _literal(typed):
                raise self._ambiguous(typed, span, bad) from None
            return self._without_comment(typed, span, prose=prose)
        except FrontMatterError as refused:  # an anchor, an alias, a tag
            raise FrontMatterError(refused.message, refused.span, as_quoted(typed)) from None
        return _scalar(node, self.key, span, typed if prose else "")

    def _without_comment(self, typed: str, span: Span, *, prose: bool) -> Text | None:
        """Cut a comment off; in prose `#1` is text, and whether `# x` is one cannot be known."""
        if not prose:
            text = COMMENT.split(typed, maxsplit=1)[0].rstrip()
            return Text(text, span) if text else None
        loose = LOOSE_COMMENT.search(typed)
        if not loose:
            return Text(typed, span)
        place = Span(span.path, span.line, span.column + loose.start(), len(typed) - loose.start())
        raise FrontMatterError(
            f"{self.key}: the text from # on may be meant as a comment",
            place,
            f"if it is text, put all in quotes: {quoted(typed)}; a comment needs its own line",
        )

    def _ambiguous(self, typed: str, span: Span, bad: BadYaml) -> FrontMatterError:
        meant = [typed[1:-1], typed] if typed[-1] == typed[0] else [typed[1:], typed]
        meant = meant if typed[0] in "\"'" else [typed]
        hint = f"write {' or '.join(quoted(text) for text in meant)}, whichever is meant"
        return FrontMatterError(f"{self.key}: {bad.problem}", span, hint)


def _scalar(node: pyyaml.Node, key: str, span: Span, typed: str) -> Text | None:
    """The text of a node, None where nothing was typed; a list or a map is a mistake."""
    if not isinstance(node, pyyaml.ScalarNode):
        what = "a list" if isinstance(node, pyyaml.SequenceNode) else "a map"
        raise wrong_type(key, what, span, typed)
    return None if empty(node) else Text(node.value, span)


def _bare_anchor(typed: str) -> bool:
    """`&y` alone: an anchor on nothing has no meaning in YAML, so it is text."""
    return typed[0] == "&" and not re.search(r"\s", typed)


def _literal(typed: str) -> bool:
    """Whether what is no YAML can only be meant as text: `'tis`, `[draft] x`, `"Hope" is`."""
    if typed[0] == "!" or (typed[0] in "\"'" and len(typed) > 1 and typed[-1] == typed[0]):
        return False
    return typed[0] != '"' or '"' in typed[1:]
