"""Where the front matter of a source ends and its body begins.

Comes in: the text of a file. Goes out: the lines between the marks and the body, or a
FrontMatterError. The rules, since `---` is also a thematic break of Markdown:

- A block is the first thing of the file but blank lines: a line of `---` (YAML) or `+++` (TOML),
  with spaces after it at most, and the same mark again.
- A block without a mapping inside is body: it has one if it is empty, if a known field with `:` or
  `=` begins a line of its first paragraph, or if its first line is `word:` and every other line is
  too, or belongs to one.
- A mark that is never closed is a mistake if the line below it looks like `word:` (`word =`);
  otherwise it is a thematic break.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import takewhile
from typing import Literal, NamedTuple

from sitegen.errors import FrontMatterError, Span

LARGEST = 64 * 1024
MARK = re.compile(r"(?:[ \t]*+\n)*+(---|\+\+\+)[ \t]*(?:\n|\Z)")
CLOSING = {
    "---": re.compile(r"^---[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
YAML_KEY = re.compile(r"""\{?["']?([\w-]+)["']?[ \t]*:(?=[ \t]|$)""", re.MULTILINE)
ANY_KEY = re.compile(r"""\{?["']?([\w-]+)["']?[ \t]*[:=]""")
TOML_KEY = re.compile(r"""["']?([\w.-]+)["']?[ \t]*=|\[\[?[\w."' -]+\]""")


class Block(NamedTuple):
    """A file in two: `lines` (of which the first is line `line` of the file) and `body`."""

    syntax: Literal["yaml", "toml", "none"]
    lines: list[str]
    line: int
    body: str
    body_line: int


def split_block(text: str, path: str, known: Collection[str]) -> Block:
    """The front matter and the body; raises FrontMatterError if it is unclosed or too large."""
    text = normal(text)
    whole = Block("none", [], 1, text, 1)
    opening = MARK.match(text)
    if not opening:
        return whole
    mark, row = opening[1], text.count("\n", 0, opening.start(1)) + 1
    key = YAML_KEY if mark == "---" else TOML_KEY
    closing = CLOSING[mark].search(text, opening.end())
    if not closing:
        if key.match(text[opening.end() : opening.end() + 200]):
            raise FrontMatterError(
                f"the front matter is not closed: there is no second {mark}",
                Span(path, row, 1, 3),
                f"put a line of {mark} below the last field",
            )
        return whole
    inside = text[opening.end() : closing.start()]
    lines = inside.split("\n")[:-1]
    if not _has_mapping(lines, key, known):
        return whole
    if len(inside.encode("utf-8", "replace")) > LARGEST:
        hint = "texts belong below it, into the body"
        raise FrontMatterError("the front matter is over 64 KB", Span(path, row, 1, 3), hint)
    body = text[closing.end() + 1 :]
    syntax: Literal["yaml", "toml"] = "yaml" if mark == "---" else "toml"
    return Block(syntax, lines, row + 1, body, row + len(lines) + 2)


def normal(text: str) -> str:
    """Text without byte order mark, with one newline character a line end."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _has_mapping(lines: list[str], key: re.Pattern[str], known: Collection[str]) -> bool:
    written = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not written:
        return True
    paragraph = takewhile(str.strip, lines[lines.index(written[0]) :])
    keys = (ANY_KEY.match(line.lstrip()) for line in paragraph)
    if any(found and found[1] in known for found in keys):
        return True
    if key is TOML_KEY or not key.match(written[0].lstrip()):
        return key.match(written[0].lstrip()) is not None
    return all(line[0] in " \t-]})\"'" or key.match(line) for line in written)
