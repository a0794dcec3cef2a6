"""What one parse gathers: links, images, fences, anchors, headings, notes and problems.

Comes in: a path, the settings, a Markdown parser and the function that renders its tokens (it
is handed in, since it needs a context itself). Goes out: tokens and chunks for whoever writes a
part of the dialect, and lists that `parse` turns into a `Document`. A context lives for one
source; it is the only thing in `markup` that changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from sitegen.errors import Problem, SiteError, Span, warning
from sitegen.model import Body, Chunk, Fence, Heading, Image, Link, NoteSlot, Settings

Render = Callable[[Sequence[Token], "Context"], list[Chunk]]


class Context:
    """The lists that grow while one source is parsed, and the way to parse a piece of it."""

    def __init__(self, path: str, settings: Settings, md: MarkdownIt, render: Render) -> None:
        self.path = path
        self.settings = settings
        self.md = md
        self.env: dict[str, Any] = {"context": self}
        """Shared by all pieces of one source: link references, notes, abbreviations."""
        self.links: list[Link] = []
        self.images: list[Image] = []
        self.fences: list[Fence] = []
        self.anchors: set[str] = set()
        self.headings: list[Heading] = []
        self.problems: list[Problem] = []
        self.notes: dict[int, NoteSlot] = {}
        """By the id that the footnote plugin gives: `token.meta["id"]`."""
        self.poems = 0
        """How many poems the page has so far."""
        self.lead: Body | None = None
        """The first paragraph, once it was rendered."""
        self.lines: Sequence[str] = ()
        """The lines of the piece that is being parsed."""
        self.first_line = 1
        self.first_column = 1
        self.inline_token: Token | None = None
        """The token whose inside is being parsed."""
        self._render = render
        self._cursor = (0, 0)

    # --- parsing and rendering a piece -----------------------------------------------------

    def inline(self, text: str, line: int, column: int = 1) -> list[Token]:
        """The inline tokens of `text`, which begins at `line` and `column` of the file."""
        tokens = self._tokens(self.md.parseInline, text, line, column)
        return tokens[0].children or []

    def tokens(self, text: str, line: int) -> list[Token]:
        """The block tokens of `text`, whose first line is `line` of the file."""
        return self._tokens(self.md.parse, text, line, 1)

    def block(self, text: str, line: int) -> Body:
        """Ordinary Markdown from `line` of the file on, rendered."""
        return self.chunks(self.tokens(text, line))

    def chunks(self, tokens: Sequence[Token]) -> Body:
        """Block or inline tokens, rendered; strings that touch are joined."""
        return joined(self._render(tokens, self))

    def _tokens(
        self, parse: Callable[[str, dict[str, Any]], list[Token]], text: str, line: int, column: int
    ) -> list[Token]:
        """Parse with the place of `text` at hand; pieces may be parsed inside pieces."""
        outer = self.lines, self.first_line, self.first_column, self.inline_token, self._cursor
        self.lines, self.first_line, self.first_column = text.split("\n"), line, column
        self.inline_token, self._cursor = None, (0, 0)
        try:
            return parse(text, self.env)
        finally:
            self.lines, self.first_line, self.first_column, self.inline_token, self._cursor = outer

    # --- places ----------------------------------------------------------------------------

    def span(self, line: int, column: int = 1, length: int = 1) -> Span:
        """A place in this source."""
        return Span(self.path, line, column, length)

    def file_line(self, token: Token) -> int:
        """The line of the file on which a block token begins (while its piece is parsed)."""
        return self.first_line + (token.map[0] if token.map else 0)

    def place(self, content: str, offset: int, length: int = 1) -> Span:
        """The place of `content[offset]`, inside the inline token that is being parsed.

        `content` is what the inline parser sees: the block's lines without their indentation
        and without the marks of lists and quotes. A line of it is looked up in the source,
        from the last place found on, so that equal cells of a table are told apart.
        """
        token = self.inline_token
        start, before = 0, offset
        if token is not None and token.map:
            start = token.map[0]
            if content is not token.content:  # the inside of an inline note
                before += max(0, token.content.find(content))
                content = token.content
        row = start + content.count("\n", 0, before)
        begin = content.rfind("\n", 0, before) + 1
        if row >= len(self.lines):
            return self.span(self.first_line + max(0, len(self.lines) - 1))
        end = content.find("\n", before)
        wanted = content[begin : end if end >= 0 else None].strip()
        column = before - begin - (len(content[begin:]) - len(content[begin:].lstrip(" \t")))
        found = self._find(row, wanted)
        column = max(0, column) + found + (self.first_column if row == 0 else 1)
        return self.span(self.first_line + row, column, max(1, length))

    def _find(self, row: int, wanted: str) -> int:
        """Where `wanted` begins in line `row`; the same token is found at the same place."""
        last_row, last_end = self._cursor
        source = self.lines[row]
        found = source.find(wanted, last_end if last_row == row else 0)
        if found < 0:
            found = max(0, source.find(wanted))
        return found

    def leave(self) -> None:
        """The inline token that was being parsed is done: the next one lies behind it."""
        token = self.inline_token
        if token is not None and token.map and token.map[1] - token.map[0] == 1:
            row = token.map[0]
            if row < len(self.lines):
                self._cursor = (row, self._find(row, token.content) + len(token.content))
        self.inline_token = None

    # --- mistakes --------------------------------------------------------------------------

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


def joined(chunks: Sequence[Chunk]) -> Body:
    """The chunks with neighbouring strings made one."""
    body: list[Chunk] = []
    text: list[str] = []
    for chunk in chunks:
        if isinstance(chunk, str):
            text.append(chunk)
            continue
        if text:
            body.append("".join(text))
            text = []
        body.append(chunk)
    if text:
        body.append("".join(text))
    return tuple(body)
