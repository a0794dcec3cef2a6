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
from sitegen.frontmatter.entry import Text, quoted, wrong_type
from sitegen.frontmatter.nodes import BEFORE, BadYaml, Place, compose, empty, plain

SYNTAX = "\"'[]{}|>&*!%@`,#"
"""What a plain scalar cannot begin with; `-`, `?` and `:` only before a space."""
OPENS = re.compile(rf"[{re.escape(SYNTAX)}]|[-?:](?=\s|$)")
COMMENT = re.compile(r"(?:^|(?<=[ \t]))#")
LOOSE_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#(?=\s|$)")
KEY_END = re.compile(r":(?=[ \t]|$)")
LISTED = re.compile(r"""[ \t]*(?:"[^"]*"|'[^']*')[ \t]*|[^,]+""")
ITEM = re.compile(r"( *)-(?:[ \t]+(.*)|$)")


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
    key, colon, value = line.strip().partition(":")
    close = bool(colon) and re.fullmatch(r"[\w-]+", key)
    hint = f"put a space after the colon: {key}: {value}" if close else None
    hint = hint or "a field is `name: value`; indent a line that belongs to the one above"
    return FrontMatterError(f'"{line.strip()[:60]}" is not a field', span, hint)


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
        node = self._compose()
        if isinstance(node, pyyaml.ScalarNode):
            return Text(node.value, self.span) if not empty(node) else None
        raise self._wrong_type(node, self.value if len(self.value) > 1 else "")

    def texts(self) -> list[Text]:
        """The items of a list in either style, or the one text."""
        if self.value.startswith("[") or (self._continued and not self._items()):
            return self._composed_items()
        if not self._continued:
            one = self.text(prose=True)
            return [one] if one else []
        found = (self._one_line(item.text, item.span, prose=True) for item in self._items())
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
        indents = set()
        for number, line in enumerate(self.more, self.place.line + 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = ITEM.fullmatch(line)
            if not found:
                return []
            indents.add(found[1])
            text = (found[2] or "").rstrip()
            column = found.start(2) + 1 if text else 1
            items.append(Text(text, Span(self.span.path, number, column, max(1, len(text)))))
        return items if len(indents) == 1 else []

    def _composed_items(self) -> list[Text]:
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
        if isinstance(node, pyyaml.ScalarNode):
            return Text(node.value, span)
        if typed.startswith("{{"):
            return Text(typed, span)
        raise wrong_type(f"an item of {self.key}", _kind(node), span, typed)

    @property
    def _place(self) -> Place:
        return Place(self.span, self.place.line, 1 + len(self.more))

    def _compose(self) -> pyyaml.Node:
        try:
            return compose("\n".join([self.value, *self.more]), self._place)
        except BadYaml as bad:
            meant = quoted(self.value) if self.value and not self._continued else ""
            if self.value.startswith("[") and self.value.endswith("]"):
                items = (item.strip() for item in LISTED.findall(self.value[1:-1]))
                meant = f"[{', '.join(_in_quotes(item) for item in items if item)}]"
            hint = f"with quotes it can be read: {self.key}: {meant}" if meant else bad.advice
            raise FrontMatterError(f"{self.key}: {bad.problem}", bad.span, hint) from None

    def _one_line(self, typed: str, span: Span, *, prose: bool) -> Text | None:
        """A text on one line: what is plain, or no YAML at all, is taken as typed."""
        if not typed:
            return None
        if not OPENS.match(typed) or typed.startswith(("#", "{{")) or _bare_anchor(typed):
            return self._without_comment(typed, span, prose=prose)
        try:
            node = compose(typed, Place(span, span.line, 1))
        except BadYaml as bad:
            if not _literal(typed):
                raise self._ambiguous(typed, span, bad) from None
            return self._without_comment(typed, span, prose=prose)
        except FrontMatterError as refused:  # an anchor, an alias, a tag
            hint = f"if it is text, put it in quotes: {quoted(typed)}"
            raise FrontMatterError(refused.message, refused.span, hint) from None
        if not isinstance(node, pyyaml.ScalarNode):
            raise wrong_type(self.key, _kind(node), span, typed)
        return None if empty(node) else Text(node.value, span)

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

    def _wrong_type(self, node: pyyaml.Node, typed: str) -> FrontMatterError:
        return wrong_type(self.key, _kind(node), self.span, typed)


def _kind(node: pyyaml.Node) -> object:
    return [] if isinstance(node, pyyaml.SequenceNode) else {}


def _in_quotes(item: str) -> str:
    return item if len(item) > 1 and item[0] in "\"'" and item[-1] == item[0] else quoted(item)


def _bare_anchor(typed: str) -> bool:
    """`&y` alone: an anchor on nothing has no meaning in YAML, so it is text."""
    return typed[0] == "&" and not re.search(r"\s", typed)


def _literal(typed: str) -> bool:
    """Whether what is no YAML can only be meant as text: `'tis`, `[draft] x`, `"Hope" is`."""
    if typed[0] == "!" or (typed[0] in "\"'" and len(typed) > 1 and typed[-1] == typed[0]):
        return False
    return typed[0] != '"' or '"' in typed[1:]
