"""The one dialect of Markdown: CommonMark, tables and strikethrough, and what this site adds.

Comes in: a language. Goes out: a `MarkdownIt` with all rules, made once for each language.
"""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin

from sitegen.markup import (
    abbreviations,
    attributes,
    callouts,
    math,
    measures,
    notes,
    places,
    rawhtml,
    typography,
)
from sitegen.markup.quick import quicken


@cache
def markdown(language: str = "en", *, typographic: bool = True, quick: bool = True) -> MarkdownIt:
    """The parser of texts in `language`; without typography, quotes and dashes stay as typed.

    What is not `quick` takes the parser's own way everywhere: slower, with the same outcome.
    """
    md = MarkdownIt("commonmark", {"tasklists": True})
    md.enable(["table", "strikethrough"])
    md.use(deflist_plugin)
    md.use(places.plugin)
    md.use(rawhtml.plugin)
    md.use(attributes.plugin)
    md.use(callouts.plugin)
    md.use(notes.plugin)
    md.use(math.plugin)
    md.use(measures.plugin)
    md.use(abbreviations.plugin)
    if typographic:
        md.use(typography.plugin, language)
    if quick:
        quicken(md)
    return md
