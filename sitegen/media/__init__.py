"""A body as a page, as a feed entry and as plain text: one renderer for each medium.

Comes in: a body of chunks and slots, its document, and what the knot resolved for it. Goes out:
text. No link is looked up here and no HTML is taken apart, but for plain text, which has none.
"""

from sitegen.media.feed import feed_html
from sitegen.media.medium import (
    Resolved,
    absolute,
    bodies_of,
    lines_in,
    measured,
    notes_of,
    without_ids,
)
from sitegen.media.page import listed_notes, notes_html, page_html
from sitegen.media.text import plain_text, word_count
from sitegen.media.verse import text_verse

__all__ = [
    "Resolved",
    "absolute",
    "bodies_of",
    "feed_html",
    "lines_in",
    "listed_notes",
    "measured",
    "notes_html",
    "notes_of",
    "page_html",
    "plain_text",
    "text_verse",
    "without_ids",
    "word_count",
]
