"""Cards: what a page shows of itself where it is shared."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image, ImageFont

from sitegen.build.outline import outline_of
from sitegen.build.parsing import parse_one
from sitegen.build.readings import Asking, Readings
from sitegen.config import settings_for
from sitegen.model import Card, Config, Document, Source
from sitegen.pictures.drawing import ACCENT, FAINT, INK, SHADES, draw
from sitegen.pictures.lettering import FONT, balanced, broken, cut, font, is_covered, width
from tests.sites import MadeSite, make_site

POEM = """---
date: 2026-01-01
title: A poem
---
> Quoted
> above

    An *indented* line[^n]
  and "another" one
a third

[^n]: A note.
"""
ESSAY = """---
date: 2026-01-02
---
# It's -- an essay

The first "sentence" is this. The second is not.

```attention
model: toy
tokens: a b
Q: 1 0 / 0 1
K: 1 0 / 0 1
caption: One.
```
"""


def parsed(text: str, path: str = "content/posts/a.md") -> Document:
    config = Config(title="", url="https://example.org/", base="/")
    source = Source(path=path, text=text, digest="")
    document, problems = parse_one(source, settings_for(path, config), 5, Asking(Readings()))
    assert document
    assert not [*problems, *document.problems]
    return document


def card(text: str, path: str = "content/posts/a.md") -> Card | None:
    return outline_of(parsed(text, path), cards=True).document.card


# --- what is on it -------------------------------------------------------------------------------


def test_a_poem_shows_its_own_first_two_lines() -> None:
    assert card(POEM, "content/poems/a.md") == Card(
        title="A poem", lines=((2, "An indented line"), (0, "and “another” one"))
    )


def test_an_essay_shows_its_title_its_first_sentence_and_its_first_figure() -> None:
    shown = card(ESSAY)
    assert shown
    assert (shown.title, shown.sentence) == ("It’s – an essay", "The first “sentence” is this.")
    assert [len(row) for row in shown.cells] == [2, 2]
    assert shown.cells[0][0] > shown.cells[0][1]


def test_a_text_without_its_letters_is_left_out_as_a_whole() -> None:
    figure = ESSAY.replace("It's -- an essay", "注意 and more").replace("The first", "第一")
    shown = card(figure)
    assert shown
    assert (shown.title, shown.sentence, len(shown.cells)) == ("", "", 2)
    assert card("注意\n雪\n", "content/poems/b.md") == Card(title="B")


def test_what_has_no_letter_to_show_has_no_card() -> None:
    assert card("# 注意\n\n第一。\n") is None


def test_without_being_asked_nothing_is_taken_out_of_a_document() -> None:
    assert outline_of(parsed(ESSAY)).document.card is None


# --- letters -------------------------------------------------------------------------------------


def test_the_font_has_what_its_table_says_and_nothing_else() -> None:
    face = ImageFont.truetype(FONT, 40, layout_engine=ImageFont.Layout.BASIC)
    nothing = face.getmask("\U0010fffd")
    empty = bytes(nothing), nothing.size
    for char in map(chr, sorted(font().glyphs)):
        mask = face.getmask(char)
        assert (bytes(mask), mask.size) != empty, char
    assert is_covered("Čœur — “Ελλ”, Привет")
    assert not is_covered("naïve 注")


def test_letters_are_as_wide_as_they_are_drawn_and_pairs_stand_closer() -> None:
    face = ImageFont.truetype(FONT, 1000, layout_engine=ImageFont.Layout.BASIC)
    assert abs(width("n", 1000) - face.getlength("n")) < 2
    assert width("AV", 1000) < width("A", 1000) + width("V", 1000) - 50


def test_lines_break_between_words_and_in_a_word_that_is_too_long() -> None:
    text = "one two three four " + "x" * 80
    lines = broken(text, 40, 300, 50)
    assert "".join(text.split()) == "".join("".join(lines).split())
    assert width(lines[0], 40) <= 300
    assert all(width(line, 40) <= 250 for line in lines[1:])
    assert cut(lines, 2) == [lines[0], lines[1] + "…"]
    assert cut(lines, 9) == lines


def test_a_title_breaks_into_even_lines() -> None:
    lines = balanced("Where It Goes When It Has Nowhere to Go", 60, 640)
    assert lines == ["Where It Goes When", "It Has Nowhere to Go"]
    assert balanced("", 68, 560) == []


# --- how it is drawn -----------------------------------------------------------------------------


def drawn(shown: Card, site: str = "A site") -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The levels of each ink, `[ink, 630, 1200]`."""
    with Image.open(BytesIO(draw(shown, site))) as image:
        assert (image.mode, image.size, image.format) == ("P", (1200, 630), "PNG")
        index = np.asarray(image)
    return np.array([np.where(index // SHADES == ink, index % SHADES, 0) for ink in range(3)])


def box(level: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(level)
    return columns.min(), rows.min(), columns.max(), rows.max()


COUPLET = Card(title="T", lines=((0, "In the dark of the pantry"), (4, "held each egg")))


def test_a_couplet_stands_in_the_middle_and_a_little_above() -> None:
    left, top, right, bottom = box(drawn(COUPLET)[INK])
    assert abs(left - (1199 - right)) <= 12
    assert 230 < (top + bottom) / 2 < 300
    assert not drawn(COUPLET)[ACCENT].any()


@pytest.mark.parametrize(
    "shown",
    [
        COUPLET,
        Card(title="t" * 300, sentence="word " * 60),
        Card(title="word " * 60, sentence="x" * 300, cells=(bytes(64),) * 64),
        Card(title="A", lines=((0, "long " * 60), (80, "y" * 300))),
        Card(title="", cells=(b"\x0f",)),
        Card(title="Title", sentence="", cells=(bytes(500),) * 500),
    ],
)
def test_nothing_touches_the_edges_or_what_stands_below(shown: Card) -> None:
    inks = drawn(shown)
    left, top, right, bottom = box(inks.max(axis=0))
    assert left >= 80
    assert right <= 1140
    assert top >= 40
    assert bottom <= 590
    assert not inks[INK][530:].any()
    assert len(draw(shown, "A site")) < 40_000


def test_a_figure_is_as_dark_as_its_cells() -> None:
    accent = drawn(Card(title="", cells=(bytes([15, 0]), bytes([5, 10]))), "")[ACCENT]
    left, top, right, bottom = box(accent)
    side = right - left
    quarter = [
        int(np.median(accent[y : y + side // 3, x : x + side // 3]))
        for y in (top + 20, bottom - side // 3 - 20)
        for x in (left + 20, right - side // 3 - 20)
    ]
    assert quarter == [15, 0, 5, 10]


def test_the_same_card_is_the_same_bytes() -> None:
    assert draw(COUPLET, "A site") == draw(COUPLET, "A site")
    assert draw(COUPLET, "A site") != draw(replace(COUPLET, title="U"), "A site")


def test_a_site_whose_name_has_no_letters_here_is_not_named() -> None:
    assert not drawn(replace(COUPLET, title=""), "注意")[FAINT].any()


# --- in a site -----------------------------------------------------------------------------------

TOML = '== site.toml\nurl = "https://example.org/b/"\ntitle = "A site"\ncards = true\n'


@pytest.fixture
def site(tmp_path: Path) -> MadeSite:
    return make_site(
        tmp_path,
        f"""{TOML}
== content/posts/index.md
# Posts
== content/posts/a.md
{ESSAY}
== content/poems/b.md
{POEM}
== content/posts/own.md
---
image: pic.svg
---
Has a picture of its own.
== content/posts/pic.svg
<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>
== content/posts/draft.md
---
draft: true
---
Not yet.
== content/posts/cjk.md
---
title: 注意
description: 第一
---
雪
""",
    )


def cards_of(site: MadeSite) -> dict[str, str]:
    return {
        path.rpartition("/")[0]: path for path in site.paths if re.search(r"/card\.\w+\.png$", path)
    }


def test_each_page_without_a_picture_of_its_own_has_a_card(site: MadeSite) -> None:
    assert cards_of(site).keys() == {"posts/a", "poems/b"}
    for folder, path in cards_of(site).items():
        assert re.fullmatch(r"card\.[0-9a-f]{10}\.png", path.rpartition("/")[2])
        assert site.built.snapshot.entries[path].immutable
        html = site.text(f"{folder}/index.html")
        assert f'<meta property="og:image" content="https://example.org/b/{path}">' in html


def test_a_card_changes_its_address_when_it_changes_and_not_before(
    site: MadeSite, tmp_path: Path
) -> None:
    before = cards_of(site)
    for path, old, new in [
        ("content/posts/a.md", "The second is not.", "The second is another."),
        ("content/poems/b.md", '"another"', '"a new"'),
    ]:
        file = tmp_path / path
        file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    after = cards_of(make_site(tmp_path))
    assert after["posts/a"] == before["posts/a"]
    assert after["poems/b"] != before["poems/b"]
