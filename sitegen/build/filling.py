"""What a page shows that is known only when all sources are: marks, and numbers of the whole site.

Comes in: what was parsed, the knot, what models made of texts. Goes out: texts with both filled
in, and for each source a digest of all that its text then shows. Neither is part of what `parse`
remembers or of what the knot looks at: a new line of the lock draws one page again, a new word
those that tell how many there are.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

from msgspec.structs import replace

from sitegen.build.knot import Knot
from sitegen.build.parsing import Text, text_of
from sitegen.build.pieces import Piece
from sitegen.build.searching import Find, finder_of
from sitegen.build.stage import SUMMED, Inputs, Memory, Parsed, encode, key_of
from sitegen.discover import Original
from sitegen.errors import SiteError
from sitegen.memo import digest
from sitegen.model import Config, Prompt
from sitegen.package import theme_folder

Read = Callable[[str], Text]
ICON = "favicon.svg"
LONGEST_TITLE = 160
"""Characters; one of them can become three tokens, and no encoder here reads more than 512."""


# --- marks ---------------------------------------------------------------------------------------


def mark_of(title: str, model: str) -> Prompt | None:
    """What has to be read for the mark of a title; None for one that leaves a model nothing."""
    if not model or len(title) > LONGEST_TITLE or not any(map(_is_read, title)):
        return None
    return Prompt(model=model, quantity="mark", text=title)


def _is_read(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CMZ" and char != "\ufffd"


def marks_of(inputs: Inputs, rows: Iterable[Parsed]) -> Iterator[Prompt]:
    """What has to be read for all marks of a site."""
    titles = dict.fromkeys([inputs.config.title, *(row.title for row in rows if row.plain)])
    for title in titles if inputs.config.marks else ():
        if prompt := mark_of(title, inputs.config.marks):
            yield prompt


def draw(prompt: Prompt | None, memory: Memory) -> str:
    """The mark of a title, drawn now or before; "" where nothing is known of it."""
    line = memory.readings.lines.get(prompt) if prompt else None
    if prompt is None or line is None:
        return ""
    key = key_of("mark", line)
    if known := memory.memo.get(key):
        return known.decode()
    try:
        from sitegen.figures.mark import draw_mark  # most sites have none

        drawn = draw_mark(memory.readings.of(prompt))
    except SiteError:  # a damaged line; where it matters, in a figure, it is told
        return ""
    memory.memo.put(key, drawn.encode())
    return drawn


def sign(knot: Knot, inputs: Inputs, memory: Memory) -> Knot:
    """The knot of a site that shows the mark of its name, also as its icon if that is nobody's."""
    config = inputs.config
    mark = draw(mark_of(config.title, config.marks), memory)
    if not mark:
        return knot
    from sitegen.figures.mark import as_address

    theme = hashlib.sha256((theme_folder() / "static" / ICON).read_bytes()).hexdigest()
    free = any(each.path == ICON and each.digest == theme for each in inputs.static)
    icon = as_address(mark) if free else ""
    pieces = (*knot.pieces, Piece(kind="icon", name=ICON)) if free else knot.pieces
    return replace(knot, info=replace(knot.info, mark=mark, icon=icon), pieces=pieces)


# --- all together --------------------------------------------------------------------------------


class Filling:
    """What is filled into the texts of these sources. Nothing is counted before it is asked for."""

    def __init__(
        self,
        config: Config,
        originals: Mapping[str, Original],
        rows: Mapping[str, Parsed],
        knot: Knot,
        memory: Memory,
    ) -> None:
        self._config, self._originals, self._rows = config, originals, rows
        self._knot, self._memory = knot, memory

    def readers(self) -> tuple[Read, Find]:
        """What gives the whole of a source by its path, and what can be searched for in it."""

        def parsed(path: str) -> Text:
            return text_of(self._rows[path], self._originals[path], self._config, self._memory)

        @lru_cache(maxsize=64)
        def read(path: str) -> Text:
            return self._fill(path, parsed(path))

        return read, finder_of(self._rows, self._memory, lambda path: parsed(path).document)

    def digest(self, path: str) -> bytes:
        """Of all that the text of a source shows."""
        row = self._rows[path]
        prompt = mark_of(row.title, self._config.marks)
        line = self._memory.readings.lines.get(prompt, b"") if prompt else b""
        if not (line or row.facts):
            return row.key
        return digest(row.key, line, encode([self.facts.get(name) for name in row.facts]))

    def _fill(self, path: str, text: Text) -> Text:
        """The text of a source with its mark, and with the numbers that it asks for."""
        row, document = self._rows[path], text.document
        mark = draw(mark_of(row.title, self._config.marks), self._memory)
        if not (mark or row.facts):
            return text
        language = document.meta.language
        facts = {name: grouped(self.facts.get(name, 0), language) for name in row.facts}
        meta = document.meta
        for name, number in facts.items():  # a summary was made before they were known
            description = meta.description.replace(f"{{site:{name}}}", number)
            meta = replace(meta, description=description)
        return replace(text, document=replace(document, meta=meta, mark=mark, facts=facts))

    @cached_property
    def facts(self) -> Mapping[str, int]:
        """The numbers of the site by name: of all that is published, but for drafts."""
        rows = [self._rows[each.name] for each in self._knot.pieces if each.kind == "page"]
        counts = [row.counts for row in rows if not row.counts.draft]
        sums = {name: sum(getattr(each, name) for each in counts) for name in SUMMED}
        kinds = Counter(each.kind for each in counts)
        tags = sum(each.template == "tag.html" for each in self._knot.pieces)
        return sums | {"essays": kinds["post"], "poems": kinds["poem"], "tags": tags}


POINTS = frozenset("da de el es eu gl hr id is it nl pt ro sl sr tr vi".split())  # noqa: SIM905
COMMAS = frozenset("en he ja ko ms th zh".split())  # noqa: SIM905


def grouped(number: int, language: str) -> str:
    """A number as the language writes it: `1,234`, `1.234`, else with narrow spaces (ISO 80000)."""
    primary = language.partition("-")[0].lower()
    mark = "," if primary in COMMAS else "." if primary in POINTS else "\u202f"
    return f"{number:,}".replace(",", mark)
