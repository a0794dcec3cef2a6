"""Code blocks: Pygments' short classes, line numbers, highlighted lines, a title.

Comes in: the text of a block and the words behind its opening mark, in any of the usual notations
(`python hl="2,4-6"`, `python {hl_lines=[1,"3-4"]}`, `{.python #id .numberLines}`, `js {1,3}`).
Goes out: HTML from which a reader copies exactly the code that was typed. A language that is not
known is plain text; an option that is not known is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from sitegen.errors import MarkupError, Span, suggest
from sitegen.markup.context import Context

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONG = 4
"""A name as short as `svg` is near to too many others to be a slip of one."""
LONGEST = 500_000
"""Characters of a block that are coloured; lexers are the slowest part of a build."""
PLAIN = frozenset({"", "none", "nohighlight", "plain", "plaintext", "text", "txt"})


def render_code(code: str, info: str, context: Context, line: int) -> str:
    """The block as HTML. `line` is the line of the file with the opening mark."""
    options = _read(info, context, line)
    language = options.language.lower()
    pieces = _pieces(code, language, context, _place(options.language, context, line))
    rows = code.count("\n") + (not code.endswith("\n")) if code else 0
    marked = _marked_lines(options.marked, rows, context, line)
    if options.numbered or marked:
        inside = _in_lines(pieces, marked, options.start if options.numbered else None)
    else:
        inside = "".join(_spans(pieces))
    own = f' id="{escape(options.id)}"' if options.id else ""
    named = f' data-language="{escape(language)}"' if language not in PLAIN else ""
    title = f'<div class="code-title">{escape(options.title)}</div>' if options.title else ""
    block = f'{title}<pre tabindex="0"><code>{inside}</code></pre>'
    return f'<div class="code"{own}{named}>{block}</div>\n'


# --- what stands behind the mark -----------------------------------------------------------------


class Options(NamedTuple):
    """What the words behind the mark ask for."""

    language: str
    title: str
    id: str
    numbered: bool
    start: int
    marked: str


ITEM = re.compile(
    r"(?P<sign>[.#])?(?P<name>[^\s{}=,\"'\[\]]+)"
    r"(?:=(?P<value>\"[^\"]*\"|'[^']*'|\[[^\]]*\]|\d[\d,-]*|[^\s{},]*))?"
    r"|(?P<quoted>\"[^\"]*\"|'[^']*')"
)
RANGES = re.compile(r"\d+(?:-\d+)?")
NAMES = {
    "title": ("title", "file", "filename", "name", "caption"),
    "lines": ("lines", "linenos", "linenums", "numbers", "numbered", "numberlines", "ln"),
    "hl": ("hl", "hl_lines", "highlight", "mark"),
    "start": ("start", "linenostart", "startfrom", "start_line", "startline"),
    "id": ("id",),
    "language": ("language", "lang"),
}
KNOWN = {alias: name for name, aliases in NAMES.items() for alias in aliases}
OFF = frozenset({"false", "no", "off", "0"})


def _read(info: str, context: Context, line: int) -> Options:
    """The options; each that is not understood is a warning."""
    found: dict[str, str] = {}
    marked: list[str] = []
    for index, item in enumerate(ITEM.finditer(info)):
        name, value = item["name"] or "", (item["value"] or "").strip("\"'[],")
        key = KNOWN.get(name.lower())
        if item["sign"] == "#":
            found["id"] = name
        elif item["quoted"]:
            found.setdefault("title", item["quoted"][1:-1])
        elif key == "hl" and item["value"]:
            marked.append(value)
        elif key and (item["value"] is not None or key == "lines"):
            found[key] = value
        elif RANGES.fullmatch(name) and index > 0:
            marked.append(name)
        elif item["value"] is None and "language" not in found and (index == 0 or item["sign"]):
            found["language"] = name
        elif not item["sign"]:
            hint = f"{name}=…" if key else suggest(name, NAMES, "Options")
            what = "needs a value" if key else "is not known"
            message = f'the option "{name}" of a code block {what}'
            context.warn(MarkupError, message, _place(name, context, line), hint)
    if found.get("id"):
        context.anchor(found["id"], _place(f"#{found['id']}", context, line))
    return _options(found, ",".join(marked), context, line)


def _options(found: dict[str, str], marked: str, context: Context, line: int) -> Options:
    start, lines = found.get("start", ""), found.get("lines")
    numbered = lines is not None and lines.lower() not in OFF
    if numbered and lines and lines.isdecimal():  # `linenums="10"`
        start = start or lines
    if start and not re.fullmatch(r"[0-9]{1,7}", start):
        message = f'"{start}" is not the number of a first line'
        context.warn(MarkupError, message, _place(start, context, line), "start=10")
        start = ""
    return Options(
        language=found.get("language", ""),
        title=found.get("title", ""),
        id=found.get("id", ""),
        numbered=numbered or bool(start),
        start=int(start or "1"),
        marked=marked,
    )


def _marked_lines(typed: str, rows: int, context: Context, line: int) -> frozenset[int]:
    """The lines, counted from 1 in the block, that `2,4-6` names."""
    lines: set[int] = set()
    for part in re.split(r"[\s,;\"']+", typed.strip(" ,;\"'")) if typed else ():
        match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= rows:
            message = f'the highlighted lines "{part}" are not among the {rows} of this block'
            hint = 'lines count from 1: hl="2,4-6"'
            context.warn(MarkupError, message, _place(part, context, line), hint)
        lines.update(range(max(1, first), min(last, rows) + 1))
    return frozenset(lines)


def _place(word: str, context: Context, line: int) -> Span:
    text = context.lines[line - 1] if 0 < line <= len(context.lines) else ""
    return context.span(line, max(0, text.find(word)) + 1, max(1, len(word)))


# --- colours -------------------------------------------------------------------------------------

Piece = tuple[str, str]
"""A class, "" for none, and a run of code."""


def _pieces(code: str, language: str, context: Context, span: Span) -> Iterable[Piece]:
    """The code in runs of one class each; in one run where the language is not known."""
    if language in PLAIN or len(code) > LONGEST:
        return [("", code)]
    lexer = _lexer(language)
    if lexer is None:
        near = get_close_matches(language, _names(), n=1, cutoff=0.8)
        if len(language) >= LONG and near and near[0][0] == language[0]:
            message = f'unknown language "{language}": the code is not coloured'
            context.warn(MarkupError, message, span, f'did you mean "{near[0]}"?')
        return [("", code)]
    try:
        pieces = [(_class_of(kind), text) for kind, text in lexer.get_tokens(code)]
    except Exception:  # noqa: BLE001 - a lexer of 500 has a mistake; the code is still readable
        return [("", code)]
    if "".join([text for _, text in pieces]) != code:  # a lexer that leaves something out
        return [("", code)]
    return pieces


@cache
def _names() -> dict[str, str]:
    """The lexer of each alias."""
    from pygments.lexers import get_all_lexers

    return {
        alias.lower(): name
        for name, aliases, _, _ in get_all_lexers(plugins=False)
        for alias in aliases
    }


ALSO = {
    "svg": "xml",
    "svelte": "html",
    "astro": "html",
    "jinja2": "jinja",
    "jsonc": "json5",
    "node": "js",
    "patch": "diff",
    "sqlite": "sql",
    "dos": "bat",
}
"""Names that writers use and Pygments does not."""


@cache
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import find_lexer_class

    language = ALSO.get(language, language)
    if language not in _names():
        return None
    lexer = find_lexer_class(_names()[language])
    return lexer(stripnl=False, ensurenl=False) if lexer else None


UNMARKED = frozenset({"err", "n", "p", "w", "x", "esc"})
"""Classes that look like plain text: names, punctuation, and what a lexer did not understand."""


@cache
def _class_of(kind: _TokenType) -> str:
    """The short class of a kind of token, or that of the nearest kind that has one."""
    from pygments.token import STANDARD_TYPES

    nearest: _TokenType | None = kind
    while nearest is not None and nearest not in STANDARD_TYPES:
        nearest = nearest.parent
    name: str = STANDARD_TYPES[nearest] if nearest is not None else ""
    return "" if name in UNMARKED else name


def _spans(pieces: Iterable[Piece]) -> Iterator[str]:
    """The runs as HTML, neighbours of one class made one."""
    last, run = "", ""
    for name, text in pieces:
        if name == last:
            run += text
            continue
        if run:
            yield _span(last, run)
        last, run = name, text
    if run:
        yield _span(last, run)


def _span(name: str, text: str) -> str:
    html = escape(text, quote=False)
    return f'<span class="{name}">{html}</span>' if name else html


def _in_lines(pieces: Iterable[Piece], marked: frozenset[int], start: int | None) -> str:
    """Each line as an element that holds its newline, so that copying keeps every line."""
    rows: list[list[Piece]] = [[]]
    for name, text in pieces:
        first, *others = text.split("\n")
        if not others:
            rows[-1].append((name, text))
            continue
        rows[-1].append((name, first + "\n"))
        rows += [[(name, other + "\n")] for other in others[:-1]]
        rows.append([(name, others[-1])] if others[-1] else [])
    if not rows[-1]:
        rows.pop()
    out = []
    for number, row in enumerate(rows, 1):
        own = ' class="code-line hl"' if number in marked else ' class="code-line"'
        shown = f' data-line="{start + number - 1}"' if start is not None else ""
        out.append(f"<span{own}{shown}>{''.join(_spans(row))}</span>")
    return "".join(out)
