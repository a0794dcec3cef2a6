"""Code blocks: Pygments' short classes, line numbers, highlighted lines, a title.

Comes in: the text of a block and the words behind its opening mark, in any of the usual notations
(`python hl="2,4-6"`, `python {hl_lines=[1,"3-4"]}`, `{.python #id .numberLines}`, `js {1,3}`).
Goes out: HTML from which a reader copies exactly the code that was typed. A language that is not
known is plain text; an option that is not known is a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from sitegen.errors import MarkupError, suggest
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
    language = _language(options.get("language", ""), context, line)
    pieces = _pieces(code, language)
    marked = _marked_lines(options.get("hl", ""), code, context, line)
    start = _first_number(options, context, line)
    if marked or start is not None:
        inside = _in_lines(pieces, marked, start)
    else:
        inside = "".join([_span(*piece) for piece in pieces])
    own = f' id="{escape(options["id"])}"' if "id" in options else ""
    named = f' data-language="{escape(language)}"' if language not in PLAIN else ""
    title = options.get("title", "")
    title = f'<div class="code-title">{escape(title)}</div>' if title else ""
    block = f'{title}<pre tabindex="0"><code>{inside}</code></pre>'
    return f'<div class="code"{own}{named}>{block}</div>\n'


# --- what stands behind the mark -----------------------------------------------------------------

ITEM = re.compile(
    r"(?P<sign>[.#])?(?P<name>[^\s{}=,\"'\[\]]+)"
    r"(?:=(?P<value>\"[^\"]*\"|'[^']*'|\[[^\]]*\]|\d[\d,-]*|[^\s{},]*))?"
    r"|(?P<quoted>\"[^\"]*\"|'[^']*')"
)
RANGES = re.compile(r"\d+(?:-\d+)?")
NAMES = {
    "title": ("title", "file", "filename", "name", "caption"),
    "lines": ("lines", "linenos", "linenums", "numberlines", "showlinenumbers"),
    "hl": ("hl", "hl_lines", "highlight"),
    "start": ("start", "linenostart", "startfrom"),
    "id": ("id",),
}
KNOWN = {alias: name for name, aliases in NAMES.items() for alias in aliases}
OFF = frozenset({"false", "no", "off", "0"})


def _read(info: str, context: Context, line: int) -> dict[str, str]:
    """The options by name, and the language; each that is not understood is a warning."""
    found: dict[str, str] = {}
    for item in ITEM.finditer(info):
        name, value = item["name"] or "", (item["value"] or "").strip("\"'[],")
        key = KNOWN.get(name.lower())
        if item["sign"] == "#":
            found["id"] = name
        elif item["quoted"]:
            found.setdefault("title", item["quoted"][1:-1])
        elif (key == "hl" and item["value"]) or (found and RANGES.fullmatch(name)):
            found["hl"] = f"{found.get('hl', '')},{value or name}"
        elif key and (item["value"] is not None or key == "lines"):
            found[key] = value
        elif item["value"] is None and "language" not in found and (not found or item["sign"]):
            found["language"] = name
        elif not item["sign"]:
            hint = f"{name}=…" if key else suggest(name, NAMES, "Options")
            what = "needs a value" if key else "is not known"
            message = f'the option "{name}" of a code block {what}'
            context.warn(MarkupError, message, context.find(line, name), hint)
    if "id" in found:
        context.anchor(found["id"], context.find(line, found["id"]))
    return found


def _first_number(options: dict[str, str], context: Context, line: int) -> int | None:
    """The number of the first line; none where lines are not numbered."""
    lines, start = options.get("lines", "off"), options.get("start", "")
    if lines.isdecimal() and lines not in OFF:  # `linenums="10"`
        start = start or lines
    if re.fullmatch(r"[0-9]{1,7}", start):
        return int(start)
    if start:
        message = f'"{start}" is not the number of a first line'
        context.warn(MarkupError, message, context.find(line, start), "start=10")
    return None if lines.lower() in OFF else 1


def _marked_lines(typed: str, code: str, context: Context, line: int) -> frozenset[int]:
    """The lines, counted from 1 in the block, that `2,4-6` names."""
    rows = code.count("\n") + (not code.endswith("\n")) if code else 0
    lines: set[int] = set()
    for part in re.findall(r"[^\s,;\"']+", typed):
        match = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= rows:
            message = f'the highlighted lines "{part}" are not among the {rows} of this block'
            hint = 'lines count from 1: hl="2,4-6"'
            context.warn(MarkupError, message, context.find(line, part), hint)
        lines.update(range(max(1, first), min(last, rows) + 1))
    return frozenset(lines)


def _language(typed: str, context: Context, line: int) -> str:
    """The language in lower case; a name that is nearly one of Pygments' is a warning."""
    language = typed.lower()
    if len(language) >= LONG and language not in PLAIN and _lexer(language) is None:
        near = get_close_matches(language, _names(), n=1, cutoff=0.8)
        if near and near[0][0] == language[0]:
            message = f'unknown language "{language}": the code is not coloured'
            hint = f'did you mean "{near[0]}"?'
            context.warn(MarkupError, message, context.find(line, typed), hint)
    return language


# --- colours -------------------------------------------------------------------------------------

Piece = tuple[str, str]
"""A class, "" for none, and a run of code."""


def _pieces(code: str, language: str) -> list[Piece]:
    """The code in runs of one class each; in one run where nothing can be coloured."""
    plain = [("", code)]
    lexer = _lexer(language) if language not in PLAIN and len(code) <= LONGEST else None
    if lexer is None:
        return plain
    pieces: list[Piece] = []
    last, run = "", ""
    try:
        # A lexer of its own for each block: some remember what they have read.
        for _, kind, text in lexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(code):
            name = CLASSES[kind]
            if name == last:
                run += text
            else:
                pieces.append((last, run))
                last, run = name, text
    except Exception:  # noqa: BLE001 - a lexer of 500 has a mistake; the code is still readable
        return plain
    pieces.append((last, run))
    # A lexer may leave something out.
    return pieces if "".join([text for _, text in pieces]) == code else plain


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
def _lexer(language: str) -> type[Lexer] | None:
    from pygments.lexers import find_lexer_class

    from sitegen.markup.lexing import quicken

    name = _names().get(ALSO.get(language, language))
    lexer = find_lexer_class(name) if name else None
    return quicken(lexer) if lexer else None


UNMARKED = frozenset({"err", "n", "p", "w", "x", "esc"})
"""Classes that look like plain text: names, punctuation, and what a lexer did not understand."""


class _Classes(dict["_TokenType", str]):
    """The short class of each kind of token met so far."""

    def __missing__(self, kind: _TokenType) -> str:
        """That of the nearest kind that has one."""
        from pygments.token import STANDARD_TYPES

        nearest: _TokenType | None = kind
        while nearest is not None and nearest not in STANDARD_TYPES:
            nearest = nearest.parent
        name: str = STANDARD_TYPES[nearest] if nearest is not None else ""
        self[kind] = "" if name in UNMARKED else name
        return self[kind]


CLASSES = _Classes()


def _span(name: str, text: str) -> str:
    if "&" in text or "<" in text or ">" in text:
        text = escape(text, quote=False)
    return f'<span class="{name}">{text}</span>' if name and text else text


def _in_lines(pieces: Sequence[Piece], marked: frozenset[int], start: int | None) -> str:
    """Each line as an element that holds its newline, so that copying keeps every line."""
    lines = ("\n".join([_span(name, part) for part in run.split("\n")]) for name, run in pieces)
    rows = "".join(lines).split("\n")
    out = ""
    for number, row in enumerate(rows, 1):
        own = ' class="code-line hl"' if number in marked else ' class="code-line"'
        shown = f' data-line="{start + number - 1}"' if start is not None else ""
        end = "\n" if number < len(rows) else ""
        out += f"<span{own}{shown}>{row}{end}</span>" if row or end else ""
    return out
