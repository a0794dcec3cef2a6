"""What one parse gathers: links, images, fences, anchors, headings, notes and problems.

Comes in: a path, the settings, a Markdown parser, the function that renders its tokens (handed
in, since it needs a context itself) and the lines of the file. Goes out: tokens and chunks for
whoever writes a part of the dialect, and lists that `parse` turns into a `Document`. A context
lives for one source; it is the only thing in `markup` that changes. Rules of the parser find it
as `state.env["context"]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from sitegen.errors import MarkupError, Problem, SiteError, Span, warning
from sitegen.model import (
    Body,
    Chunk,
    Fence,
    Heading,
    Image,
    Link,
    LinkSlot,
    Measure,
    NoteSlot,
    Settings,
)

Render = Callable[[Sequence[Token], "Context"], list[Chunk]]


class Context:
    """The lists that grow while one source is parsed, and the way to parse a piece of it."""

    def __init__(
        self,
        path: str,
        settings: Settings,
        md: MarkdownIt,
        render: Render,
        lines: Sequence[str] = (),
    ) -> None:
        self.path = path
        self.settings = settings
        self.md = md
        self.lines = lines
        """The lines of the file, in which places are looked up."""
        self.env: dict[str, Any] = {"context": self}
        """Shared by all pieces of one source: link references, notes, abbreviations."""
        self.links: list[Link] = []
        self.images: list[Image] = []
        self.fences: list[Fence] = []
        self.measures: list[Measure] = []
        self.named: list[Span] = []
        """Where each measure names its figure."""
        self.facts: dict[str, str] = {}
        """The numbers of the site that the text asks for, by name."""
        self.anchors: set[str] = set()
        self.headings: list[Heading] = []
        self.problems: list[Problem] = []
        self.notes: dict[int, NoteSlot] = {}
        """By number, in the order in which they are rendered."""
        self.counts: Counter[str] = Counter()
        """How many poems, tables and formulas there are so far."""
        self.shift = 0
        """By how many levels a heading is published deeper than it was typed."""
        self.first_line = 1
        self.inline_token: Token | None = None
        """The token whose inside is being parsed; its `map` counts lines of the file, from 1."""
        self._first: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        """Where the lines of the token begin in the file, from 0, by their offset in it."""
        self._left: tuple[int, int, list[str]] = (0, 0, [])
        """A line, where what was parsed of it ends, and further texts of it behind that."""
        self._render = render

    # --- parsing and rendering a piece -----------------------------------------------------

    def inline(self, text: str, line: int, column: int = 1) -> list[Token]:
        """The inline tokens of `text`, which begins at `line` and `column` of the file."""
        tokens = self._parse(self.md.parseInline, text, line, column)
        return tokens[0].children or []

    def tokens(self, text: str, line: int) -> list[Token]:
        """The block tokens of `text`, whose first line is `line` of the file.

        The `map` of each counts lines of the file, from 1 (the parser's own counts from 0).
        """
        return self._parse(self.md.parse, text, line, None)

    def block(self, text: str, line: int) -> Body:
        """Ordinary Markdown from `line` of the file on, rendered."""
        return self.chunks(self.tokens(text, line))

    def chunks(self, tokens: Sequence[Token]) -> Body:
        """Block or inline tokens, rendered; strings that touch are joined."""
        return joined(self._render(tokens, self))

    def _parse(
        self,
        parse: Callable[[str, dict[str, Any]], list[Token]],
        text: str,
        line: int,
        column: int | None,
    ) -> list[Token]:
        """Parse with the place of `text` at hand; a piece may be parsed inside another."""
        outer = self.first_line, self._first, self._columns, self.inline_token
        self.first_line, self._first = line, {} if column is None else {0: column - 1}
        self.inline_token, self._left, self._columns = None, (0, 0, []), {}
        try:
            return parse(text, self.env)
        finally:
            self.first_line, self._first, self._columns, self.inline_token = outer

    # --- places ----------------------------------------------------------------------------

    def span(self, line: int, column: int = 1, length: int = 1) -> Span:
        """A place in this source."""
        return Span(self.path, line, column, length)

    def find(self, line: int, text: str) -> Span:
        """The place of `text` in a line of the file, or the beginning of that line."""
        return self.span(line, self._column(line, text) + 1, len(text))

    def enter(self, token: Token) -> None:
        """The inside of `token` is parsed from here on; its `map` counts file lines."""
        self.inline_token, self._columns = token, self._first.copy()

    def leave(self, token: Token) -> None:
        """`token` is parsed: a neighbour on the same line (a table's cell) lies behind it."""
        if token.map and token.map[1] - token.map[0] == 1:
            if token.map[0] != self._left[0]:
                self._left = (token.map[0], 0, [])
            self._left[2].append(token.content)
        self.inline_token = None

    def place(self, content: str, offset: int, length: int = 1) -> Span:
        """The place of `content[offset]`, where `content` is what an inline rule sees.

        That is the block's lines without their indentation and the marks of lists and quotes;
        each is looked up in the line of the file that it came from.
        """
        token = self.inline_token
        if token is None or not token.map:
            return self.span(self.first_line)
        if content is not token.content:  # the inside of an inline note, or of an image
            offset += max(0, token.content.find(content))
        return self.place_in(token, offset, length)

    def place_of(self, token: Token) -> Span:
        """The place of the first line of an inline token's text."""
        return self.find((token.map or [self.first_line])[0], token.content.split("\n", 1)[0])

    def place_in(self, token: Token, offset: int, length: int = 1) -> Span:
        """The place of `token.content[offset]`, for a token that has a `map`."""
        content = token.content
        row = (token.map or [1])[0] + content.count("\n", 0, offset)
        begin = content.rfind("\n", 0, offset) + 1
        if begin not in self._columns:
            end = content.find("\n", begin)
            self._columns[begin] = self._column(row, content[begin : end if end >= 0 else None])
        return self.span(row, self._columns[begin] + offset - begin + 1, max(1, length))

    def _column(self, row: int, text: str) -> int:
        """Where `text` begins in a line of the file, from 0; behind what was parsed if it can."""
        line = self.lines[row - 1] if 0 < row <= len(self.lines) else ""
        last_row, end, behind = self._left
        if last_row != row:
            return max(0, line.find(text))
        for left in behind:
            end = _found(line, left, end) + len(left)
        self._left = (row, end, [])
        return _found(line, text, end)

    # --- what is found ---------------------------------------------------------------------

    def link(self, link: Link) -> LinkSlot:
        """Note an address; the slot that stands for it."""
        self.links.append(link)
        return LinkSlot(index=len(self.links) - 1)

    def anchor(self, name: str, span: Span) -> None:
        """Note an id that the writer chose; it must be the only one of its name."""
        if name in self.anchors:
            self.warn(MarkupError, f'the id "{name}" is used twice on this page', span)
        self.anchors.add(name)

    def count(self, what: str) -> int:
        """The number of the next table, formula or poem."""
        self.counts[what] += 1
        return self.counts[what]

    def error(
        self, kind: type[SiteError], message: str, span: Span | None, hint: str | None = None
    ) -> None:
        """Note a mistake that stops the build of this source."""
        self.problems.append(kind(message, span, hint).problem())

    def warn(
        self, kind: type[SiteError], message: str, span: Span | None, hint: str | None = None
    ) -> None:
        """Note a mistake that does not stop the build."""
        self.problems.append(warning(kind, message, span, hint))


def _found(line: str, text: str, start: int) -> int:
    """Where `text` is in a line: behind `start` if it can, at the beginning if it is nowhere."""
    found = line.find(text, start)
    return found if found >= 0 else max(0, line.find(text))


def joined(chunks: Sequence[Chunk]) -> Body:
    """The chunks with neighbouring strings made one."""
    slots = [index for index, chunk in enumerate(chunks) if not isinstance(chunk, str)]
    body: list[Chunk] = []
    done = 0
    for index in (*slots, len(chunks)):
        if index > done:
            body.append("".join(chunks[done:index]))  # type: ignore[arg-type] # all are strings
        body += chunks[index : index + 1]
        done = index + 1
    return tuple(body)
