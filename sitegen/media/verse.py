"""A poem on a page, in a feed and as plain text: in each the same lines.

Comes in: a `Verse` and `render`, which makes text of the chunks of one line in the same medium.
Goes out: paragraphs with `<br>` and NBSP, which need no style, for a feed; the same with an element
for each line for a page, so that runovers can hang, and what is copied from it, or read in a
browser's reading view, keeps its lines, gaps and indents; lines with spaces for plain text.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import assert_never

from sitegen.model import Body, Inset, Line, Ornament, Part, Stanza, Verse

Render = Callable[[Body], str]
Block = Stanza | Ornament | Part | Inset

NBSP = "\u00a0"
WIDEST = 69
"""The widest indent that a theme has a rule for, digit by digit."""
EVERY = 5
"""Of a numbered poem, each fifth line shows its number."""


# --- a page ------------------------------------------------------------------------------------


def page_verse(verse: Verse, render: Render, prefix: str = "") -> str:
    """The poem for a page; `prefix` goes before the ids of its lines, and before its own prefix."""
    blocks = [_page_block(block, verse, render, prefix) for block in verse.blocks]
    if verse.afterword:
        blocks.append(f'<div class="afterword">\n{render(verse.afterword).rstrip()}\n</div>\n')
    name = "poem numbered" if verse.numbered else "poem"
    return f'<div class="{name}">\n{"".join(blocks)}</div>\n'


def _page_block(block: Block, verse: Verse, render: Render, prefix: str) -> str:
    match block:
        case Stanza():
            lines = "<br>\n".join(_page_line(line, verse, render, prefix) for line in block.lines)
            stanza = f'<p class="stanza">\n{lines}\n</p>\n'
            if block.quoted:
                stanza = f'<blockquote class="quoted">\n{stanza}</blockquote>\n'
            return f"<br>\n{stanza}" if block.gap else stanza
        case Ornament():
            return f'<p class="ornament" role="separator">{escape(block.text)}</p>\n'
        case Part():
            place = f' id="{escape(block.id)}"' if block.id else ""
            tag = f"h{block.level}"
            return f'<{tag} class="part"{place}>{render(block.body)}</{tag}>\n'
        case Inset():
            return render(block.body).rstrip("\n") + "\n"
        case _ as never:
            assert_never(never)


def _page_line(line: Line, verse: Verse, render: Render, prefix: str) -> str:
    indent = f' data-indent="{min(line.indent, WIDEST)}"' if line.indent else ""
    spaces = f'<span class="indent">{NBSP * line.indent}</span>' if line.indent else ""
    number = f' data-number="{line.number}"' if verse.numbered and not line.number % EVERY else ""
    text = render(line.body)
    place = f"{prefix}{verse.prefix}L{line.number}"
    return f'<span class="line" id="{place}" dir="auto"{indent}{number}>{spaces}{text}</span>'


# --- a feed ------------------------------------------------------------------------------------


def feed_verse(verse: Verse, render: Render) -> str:
    """The poem for a feed reader: paragraphs, `<br>` and NBSP."""
    blocks = "".join(_feed_block(block, render) for block in verse.blocks)
    return blocks + (render(verse.afterword) if verse.afterword else "")


def _feed_block(block: Block, render: Render) -> str:
    match block:
        case Stanza():
            lines = "<br>\n".join(NBSP * line.indent + render(line.body) for line in block.lines)
            stanza = f'<p dir="auto">{lines}</p>\n'
            stanza = f"<blockquote>\n{stanza}</blockquote>\n" if block.quoted else stanza
            return f"<p>{NBSP}</p>\n{stanza}" if block.gap else stanza
        case Ornament():
            return f"<p>{escape(block.text)}</p>\n"
        case Part():
            return f"<h{block.level}>{render(block.body)}</h{block.level}>\n"
        case Inset():
            return render(block.body).rstrip("\n") + "\n"
        case _ as never:
            assert_never(never)


# --- plain text --------------------------------------------------------------------------------


def text_verse(verse: Verse, render: Render) -> str:
    """The poem as plain text, an empty line between stanzas, two where the gap is wider."""
    out = ""
    for block in verse.blocks:
        text = _text_block(block, render)
        if text.strip():
            out += f"{_space(block) if out else ''}{text}"
    return f"{out}\n\n{render(verse.afterword).strip()}" if verse.afterword else out


def _space(block: Block) -> str:
    return "\n\n\n" if isinstance(block, Stanza) and block.gap else "\n\n"


def _text_block(block: Block, render: Render) -> str:
    match block:
        case Stanza():
            return "\n".join(_text_line(line, render) for line in block.lines)
        case Ornament():
            return block.text
        case Part() | Inset():
            return render(block.body).strip("\n")
        case _ as never:
            assert_never(never)


def _text_line(line: Line, render: Render) -> str:
    """A line stays one line whatever is in it, such as a note of several paragraphs."""
    parts = (part.strip(" ") for part in render(line.body).split("\n"))
    return " " * line.indent + " ".join(part for part in parts if part)
