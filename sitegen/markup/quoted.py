"""Source quoted by name: an essay shows a function of the textbook as it is, never a copy.

Comes in: the words behind the mark of a block, `source attention.core:softmax`. Goes out: the code
as HTML, or a mistake in the context, since a name that is gone must not leave a hole in an essay.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from sitegen.errors import MarkupError, suggest
from sitegen.markup.context import Context
from sitegen.markup.highlight import render_code
from sitegen.package import textbook

SOURCE = "source"


def render_source(info: str, typed: str, context: Context, line: int) -> str:
    """The block as HTML, nothing after a mistake. `line` is that of the opening mark.

    What follows the name are options as of any other code block.
    """
    word, name, options = (*info.split(maxsplit=2), "", "")[:3]
    if typed.strip():
        message, hint = "a block of quoted source has a text of its own", "leave it empty"
        context.error(MarkupError, message, context.find(line, word), hint)
    code = sources().get(name)
    if code is None:
        message = f'there is no source "{name}" to quote' if name else "no source is named"
        hint = suggest(name, sources(), "Sources")
        context.error(MarkupError, message, context.find(line, name or word), hint)
        return ""
    return render_code(code, f'python title="{name}" {options}', context, line)


@cache
def sources() -> Mapping[str, str]:
    """What can be quoted: the text of each public function and class, by module and name."""
    return dict(_definitions())


def _definitions() -> Iterator[tuple[str, str]]:
    for module, text in textbook().items():
        lines = text.splitlines(keepends=True)
        for node in ast.parse(text).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_":
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                yield f"{module}:{node.name}", "".join(lines[first - 1 : node.end_lineno])
