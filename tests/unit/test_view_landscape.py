"""The view `landscape`: a poem on the shades of its surprise, read back from every rendering."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sitegen.figures.landscape import draw_landscape
from sitegen.figures.surprise import read_lines
from sitegen.figures.told import Told, beginning
from sitegen.model import Figure, Piece, Reading
from tests.figures import CSS, tree
from tests.verses import POEM, characters, hashed, surprise

STATIC = Path(__file__).parents[2] / "static"
GOLDEN = Path(__file__).parent.parent / "golden" / "figures"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "a \"><script>alert(1)</script> & <!-- ]]>\n  'x </fieldset></figure>\n`tick` 😀👍🏽 b"
ARABIC = "في الليل يمشي الخفاش\n    وَالقَمَرُ ABC ينظر"
MARKS = "x क्षितिज e\u0301te\u0301 👩‍👩‍👧 🇫🇷 \u1100\u1161\u11a8\n我们看月亮"
LONG = "\n".join(
    " ".join(
        ("night", "moon", "hen", "and", "the", "light")[int(6 * hashed(i, j))]
        for j in range(4 + i % 2)
    )
    + f" w{i}"
    for i in range(136)
)
TEXTS = [POEM, HOSTILE, ARABIC, MARKS, "\n\n  one\n\n\n two  \n", "one"]


def told(text: str) -> Told:
    return Told(id="figure.1", text=text, model="M-135", caption="Read & <shaded>.")


@cache
def figure(text: str, *, apart: bool = False) -> Figure:
    return draw_landscape(told(text), reading(text, apart=apart))


def reading(text: str, *, apart: bool = False) -> Reading:
    return surprise(text, tuple(characters(text)) if apart else ())


def given(
    text: str, bits: Sequence[float | None], likeliest: Sequence[tuple[str, int]] = ()
) -> Reading:
    """A token for each blank and what follows it, of so many bits."""
    places = [found.span() for found in re.finditer(r" ?[^\s,]+|\s|,", text)]
    cells = [-1 if each is None else round(each * 1000) for each in bits]
    return Reading(
        pieces=tuple(Piece(text=text[a:b].strip() or "⏎", start=a, end=b) for a, b in places),
        shape=(len(cells),),
        cells=np.array(cells, "<i4").tobytes(),
        likeliest=((), *[tuple(likeliest)] * (len(cells) - 1)),
    )


def poem(drawn: Figure) -> ET.Element:
    found = tree(drawn.html).find(".//fieldset[@class='landscape']")
    assert found is not None
    return found


def shades(drawn: Figure) -> list[tuple[str, str]]:
    """The text and the class of each token."""
    return [(span.text or "", span.get("class") or "") for span in poem(drawn).iter("span")]


def rows(table: str) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in tree(table).iter("tr")]


def written(drawn: Figure) -> str:
    """The text of the poem as it stands in the page, line by line."""
    lines = [""]
    for part in poem(drawn):
        if part.tag == "label":
            lines[-1:] = ["".join(part.itertext()), ""]
        elif part.tag == "br":
            lines.append("")
    return "\n".join(lines[:-1])


@pytest.mark.parametrize("text", [POEM, HOSTILE, ARABIC, MARKS, LONG])
@pytest.mark.parametrize("apart", [False, True])
def test_the_text_of_the_page_is_the_poem(text: str, apart: bool) -> None:  # noqa: FBT001
    assert written(figure(text, apart=apart)) == text


def test_every_token_has_the_class_of_its_whole_bits() -> None:
    pieces, bits = reading(LONG).pieces, np.frombuffer(reading(LONG).cells, "<i4").tolist()
    known = [
        (LONG[piece.start : piece.end].strip("\n"), f"b{min(own // 1000, 15)}")
        for piece, own in zip(pieces, bits, strict=True)
        if own >= 0
    ]
    found = shades(figure(LONG))
    assert found == known
    assert len(found) > 850
    assert {level for _, level in found} == {f"b{level}" for level in range(16)}


@pytest.mark.parametrize(
    ("bits", "level"),
    [(0, "b0"), (0.999, "b0"), (1, "b1"), (14.999, "b14"), (15, "b15"), (40, "b15")],
)
def test_a_class_is_the_whole_bits_and_the_last_has_no_end(bits: float, level: str) -> None:
    assert shades(draw_landscape(told("a b"), given("a b", [None, bits]))) == [(" b", level)]


def test_the_style_sheet_has_a_shade_for_each_class_as_dark_as_in_other_views() -> None:
    mixed = r"color-mix\(in srgb,var\(--{}\) ([\d.]+)%,transparent\)"
    found = re.findall(rf"^\.b(\d+)\{{--fill:{mixed.format('full')}\}}", CSS, re.MULTILINE)
    assert found == [(str(level), f"{level / 15:.1%}"[:-1]) for level in range(1, 16)]
    theme = (STATIC / "style.css").read_text(encoding="utf-8")
    full = [int(each) for each in re.findall(mixed.format("accent"), CSS)]
    shade = r"--shade:(?:var\(--light,)?([\d.]+)(?:\)var\(--dark,([\d.]+))?"  # on paper, one
    assert full == [100 * float(each) for each in sum(re.findall(shade, theme), ()) if each]


def test_a_line_break_is_a_mark_and_no_text_and_an_indent_has_no_shade() -> None:
    drawn = draw_landscape(told("a\n  b"), given("a\n  b", [None, 3, 0, 5]))
    assert shades(drawn) == [("", "b3"), ("b", "b5")]
    assert [each.text for each in poem(drawn).iter("i")] == ["  "]


@pytest.mark.parametrize("text", [MARKS, ARABIC])
def test_what_is_drawn_as_one_character_has_one_shade(text: str) -> None:
    found = "".join(f"|{content}" for content, _ in shades(figure(text, apart=True)))
    for whole in ("क्षि", "ति", "e\u0301", "👩‍👩‍👧", "🇫🇷", "\u1100\u1161\u11a8", "قَ", "رُ"):
        assert (f"|{whole}|" in found) == (whole in text)


@pytest.mark.parametrize(
    ("text", "places", "words"),
    [
        ("a well-known", [(0, 1), (1, 6), (6, 7), (7, 12)], {"well": 2, "known": 8}),
        ("a don't.", [(0, 1), (1, 5), (5, 7), (7, 8)], {"don't": 6}),
        ("a 我们看", [(0, 1), (1, 3), (3, 4), (4, 5)], {"我": 2, "们": 4, "看": 8}),
        ("a 😀 b", [(0, 1), (1, 3), (2, 3), (2, 3), (3, 5)], {"b": 16}),
        (
            "a e\u0301\u0301s b",
            [(0, 1), (1, 3), (3, 4), (4, 6), (6, 8)],
            {"e\u0301\u0301s": 14, "b": 16},
        ),
    ],
)
def test_words_are_runs_of_letters(
    text: str, places: Sequence[tuple[int, int]], words: dict[str, int]
) -> None:
    cells = [-1, *(1000 * 2**k for k in range(1, len(places)))]
    known = Reading(
        pieces=(Piece("<s>", 0, 0, special=True), *(Piece("", a, b) for a, b in places)),
        shape=(len(cells) + 1,),
        cells=np.array([99, *cells], "<i4").tobytes(),
        likeliest=((),) * (len(cells) + 1),
    )
    [line] = read_lines(text, known)
    assert {text[word.start : word.end]: bits // 1000 for bits, word in line.known} == words
    assert line.bits == sum(cells[1:])


def test_parts_of_a_character_add_up() -> None:
    text = "a 😀"
    pieces = (Piece("a", 0, 1), *[Piece("⟨F0⟩", 1 + (k > 0), 3) for k in range(3)])
    cells = np.array([-1, 2000, 3000, 4500], "<i4").tobytes()
    drawn = draw_landscape(
        told(text), Reading(pieces=pieces, shape=(4,), cells=cells, likeliest=((), (), (), ()))
    )
    assert shades(drawn) == [(" 😀", "b9")]


def test_a_word_is_the_sum_of_its_tokens_without_its_comma_and_a_line_of_all() -> None:
    text = "a bat, sat\nup"
    drawn = draw_landscape(told(text), given(text, [None, 4, 2, 3.25, 0.05, 8], [(" cat", 2512)]))
    assert rows(drawn.table) == [
        ["line", "bits", "bits a word", "most surprising word", "expected instead"],
        ["1 a bat, sat", "9.3", "3.6", "bat 4.0", "cat 25\u00a0%"],
        ["2 up", "8.0", "8.0", "up 8.0", "cat 25\u00a0%"],
    ]


def test_what_ends_a_line_is_part_of_it_and_what_begins_the_text_is_of_the_first() -> None:
    text = " \na bat\n\nup"
    tokens = [(0, 1), (1, 2), (2, 3), (3, 7), (7, 8), (8, 9), (9, 11)]
    known = Reading(
        pieces=tuple(Piece(text=text[a:b], start=a, end=b) for a, b in tokens),
        shape=(7,),
        cells=np.array([-1, 1, 10, 100, 1000, 10_000, 7], "<i4").tobytes(),
        likeliest=((),) * 7,
    )
    assert [line.bits for line in read_lines(text, known)] == [11_111, 7]


def test_the_sentence_tells_the_most_surprising_word_and_what_was_expected() -> None:
    text = "the bat\nflew"
    drawn = draw_landscape(
        told(text), given(text, [None, 2.5, 9, 9.96], [("⏎", 3149), (" of", 49)])
    )
    assert drawn.sentence == (
        "To M-135 the most surprising word is “flew” in line 2: 10.0 bits, where “↵” was likeliest "
        "with 31\u00a0%. A word carries 6.2 bits in the mean."
    )


def moments(drawn: Figure) -> list[list[str]]:
    """Below each word: its number and what was expected."""
    return [
        "".join(word.itertext()).split("\n") for part in poem(drawn).iter("div") for word in part
    ]


def test_below_each_word_stands_what_was_expected_and_what_came_is_marked() -> None:
    text = "the bat flew"
    guesses = [(" bat", 4051), ("s", 949), ("⏎", 50), (" <b>", 49), (".", 0)]
    drawn = draw_landscape(told(text), given(text, [None, 1.3, 7], guesses))
    shown = ["bat 41 %", "‑s 9 %", "↵ 1 %", "<b> <1 %", ". <1 %"]
    shown = [re.sub(" %", "\u00a0%", each) for each in shown]
    assert moments(drawn) == [["bat 1.3", *shown], ["flew 7.0", *shown]]
    assert [each.text for each in poem(drawn).findall("div/p/b")] == [
        "bat",
        "bat 41\u00a0%",
        "flew",
    ]


def test_every_word_of_a_long_poem_has_its_moment() -> None:
    known = [line.known for line in read_lines(LONG, reading(LONG))]
    assert len(moments(figure(LONG))) == sum(map(len, known))
    assert all(len(each) == 6 for each in moments(figure(LONG)))


def test_all_lines_are_one_choice_and_the_one_of_the_most_surprising_word_is_open() -> None:
    page = poem(figure(POEM))
    buttons = list(page.iter("input"))
    assert len(buttons) == 8
    assert {each.get("name") for each in buttons} == {"figure.1.line"}
    checked = [each for each in page.iter("label") if each.find("input[@checked]") is not None]
    [line] = ["".join(each.itertext()).split() for each in checked]
    (number,) = re.findall(r"in line (\d+)", figure(POEM).sentence)
    assert line == [each for each in POEM.split("\n") if each.strip()][int(number) - 1].split()
    assert [each.get("class") for each in page.iter("div")].count("moment first") == 1


def test_the_margin_tells_the_bits_of_a_word_and_a_bar_shows_them() -> None:
    text = "a bat\nflew\nx y"
    drawn = draw_landscape(told(text), given(text, [None, 4.5, 7, 60, 7, 2, 1]))
    labels = [(each.get("data-bits"), each.find("svg")) for each in poem(drawn).iter("label")]
    assert [(bits, bar.get("width")) for bits, bar in labels if bar is not None] == [
        ("4.5", "18"),
        ("60.0", "64"),
        ("1.5", "6"),
    ]


def test_the_file_of_numbers_has_every_token() -> None:
    table = list(csv.reader(io.StringIO(figure(HOSTILE).csv, newline="")))
    known = reading(HOSTILE)
    bits = np.frombuffer(known.cells, "<i4").tolist()
    assert len({len(row) for row in table}) == 1
    assert table[0][:6] == ["token", "start", "end", "bits", "likeliest 1", "percent 1"]
    for row, piece, own, likeliest in zip(
        table[1:], known.pieces, bits, known.likeliest, strict=True
    ):
        assert row[:3] == [piece.text, str(piece.start), str(piece.end)]
        assert row[3] == ("" if own < 0 else f"{own / 1000:.3f}")
        pairs = [(row[k], round(float(row[k + 1]) * 100)) for k in range(4, 14, 2) if row[k + 1]]
        assert pairs == list(likeliest)


def test_one_token_is_drawn_without_a_number() -> None:
    drawn = figure("one")
    assert drawn.sentence == "M-135 has no number for any word of this text."
    assert rows(drawn.table)[1] == ["1 one", "0.0", "–", "–", "–"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("apart", [False, True])
def test_nothing_runs_and_nothing_breaks_out(text: str, apart: bool) -> None:  # noqa: FBT001
    drawn = figure(text, apart=apart)
    allowed = {
        *("figure", "figcaption", "p", "i", "b", "br", "div", "span", "details", "summary", "a"),
        *("fieldset", "legend", "label", "input", "table", "caption", "tr", "th", "td"),
        *("svg", "title", "desc", "g", "path", "rect", "text", "style", "linearGradient", "stop"),
    }
    for markup in (drawn.html, drawn.svg):
        for element in tree(markup).iter():
            assert element.tag.removeprefix(SVG) in allowed
            assert not [name for name in element.attrib if name.startswith(("on", "style"))]
    assert "<script" not in drawn.html + drawn.svg + drawn.table
    assert "<style" not in drawn.html


def test_ids_are_the_figures_own_and_our_words_are_english() -> None:
    page = tree(figure(ARABIC).html)
    ids = [each.get("id", "") for each in page.iter() if each.get("id")]
    assert ids == ["figure.1", "figure.1.title"]
    assert page.get("aria-labelledby") == "figure.1.title"
    assert poem(figure(ARABIC)).get("dir") == "rtl"
    assert poem(figure(POEM)).get("dir") == "ltr"
    for part in page.iter():
        if part.get("class") in {"readout", "figure-facts", "numbers", "bar", "switch"}:
            assert part.get("lang") == "en"
    labels = [each for each in poem(figure(ARABIC)) if each.tag in {"label", "div"}]
    assert [each.get("lang") for each in labels] == [None] * len(labels)


def boxes(path: str) -> list[tuple[int, int, int]]:
    """Left, top and width of each shade."""
    return [(int(x), int(y), int(w)) for x, y, w in re.findall(r"M(-?\d+) (-?\d+)h(\d+)v", path)]


@pytest.mark.parametrize("text", [POEM, ARABIC, MARKS, LONG])
def test_the_file_has_a_shade_for_each_token_and_words_that_fill_theirs(text: str) -> None:
    picture = tree(figure(text).svg)
    drawn = {path.get("class"): boxes(path.get("d", "")) for path in picture.iter(f"{SVG}path")}
    seen = [level for content, level in shades(figure(text)) if content.strip() or not content]
    assert {level: len(each) for level, each in drawn.items()} == {
        level: seen.count(level) for level in set(seen)
    }
    words = [each for each in picture.iter(f"{SVG}text") if each.get("textLength")]
    assert sorted(each.text or "" for each in words) == sorted(text.split())
    width = int(picture.get("viewBox", "").split()[2])
    for each in words:
        x, reach = int(each.get("x", "")), int(each.get("textLength", ""))
        assert -width < x < x + reach < width


@pytest.mark.parametrize(
    ("text", "tokens", "order"),
    [
        ("a bats AB", (1, 4, 6, 8), "1234"),
        ("א שלום AB", (1, 4, 6, 8), "3421"),
        ("a שלום AB", (1, 4, 6, 8), "2134"),
    ],
)
def test_in_the_file_tokens_stand_side_by_side_as_they_are_read(
    text: str, tokens: tuple[int, ...], order: str
) -> None:
    ends = [*tokens[1:], len(text)]
    pieces = [Piece("", 0, 1), *(Piece("", a, b) for a, b in zip(tokens, ends, strict=True))]
    cells = np.array([-1, 1000, 2000, 3000, 4000], "<i4").tobytes()
    known = Reading(pieces=tuple(pieces), shape=(5,), cells=cells, likeliest=((),) * 5)
    picture = tree(draw_landscape(told(text), known).svg)
    placed = sorted(
        (left, width, path.get("class", "")[1:])
        for path in picture.iter(f"{SVG}path")
        for left, _, width in boxes(path.get("d", ""))
    )
    assert "".join(level for *_, level in placed) == order
    [word] = [each for each in picture.iter(f"{SVG}text") if len(each.text or "") == 4][-1:]
    two = [(left, width) for left, width, level in placed if level in "12"]
    reach = int(word.get("x", "")) + int(word.get("textLength", ""))
    blank = 5
    begin = int(word.get("x", "")) - (blank if order.index("1") < order.index("2") else 0)
    assert two[0][0] == begin
    assert two[1][0] == sum(two[0])
    assert sum(two[1]) == reach + (blank if order.index("2") < order.index("1") else 0)


@pytest.mark.parametrize("text", ["a\n  b one של עו two", "א\n  ב one two של"])
def test_in_the_file_words_stand_in_lines_as_they_are_read(text: str) -> None:
    picture = tree(figure(text).svg)
    [shift] = re.findall(r'<g transform="translate\((\d+)\)"><g class="shade"', figure(text).svg)
    place = {
        each.text: int(shift) + int(each.get("x", "")) + int(each.get("textLength", "")) // 2
        for each in picture.iter(f"{SVG}text")
        if each.get("textLength")
    }
    assert all(0 < x < int(picture.get("viewBox", "").split()[2]) for x in place.values())
    if text.startswith("a"):
        assert place["a"] < place["b"] < place["one"] < place["עו"] < place["של"] < place["two"]
        assert place["b"] - place["a"] == pytest.approx(16, abs=1)
    else:
        assert place["א"] > place["ב"] > place["two"] > place["one"] > place["של"]


def test_the_caption_says_how_the_numbers_were_made() -> None:
    drawn = draw_landscape(
        Told(id="f", text="a b", model="M", caption="Mine.", facts=("Kept in 8 bits.",)),
        given("a b", [None, 1]),
    )
    assert drawn.caption.startswith(
        "Mine. M reads from left to right and sees only what came before."
    )
    assert drawn.caption.endswith("need not surprise a reader. Kept in 8 bits.")
    assert not drawn.whole


def test_a_long_poem_is_light() -> None:
    known = reading(LONG)
    assert len(known.pieces) > 850
    drawn = draw_landscape(told(LONG), known)
    assert len(gzip.compress(drawn.html.encode(), 9)) < 22_000


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("  the  bat ", "the bat"),
        ("one two three four five six", "one two three four five…"),
        ("x" * 30, "x" * 24 + "…"),
        ("abcdefghijk lmnopqrstuvw xyz", "abcdefghijk lmnopqrstuvw…"),
        ("שלום", "\u2068שלום\u2069"),
    ],
)
def test_a_line_is_named_by_its_first_words(line: str, name: str) -> None:
    assert beginning(line) == name


def test_the_renderings_are_the_approved_ones() -> None:
    # After a change that is meant: run this with UPDATE_GOLDEN=1, and look at them.
    for kind, made in (("html", figure(POEM).html + "\n"), ("svg", figure(POEM).svg)):
        file = GOLDEN / f"landscape.{kind}"
        if os.environ.get("UPDATE_GOLDEN"):
            file.write_text(made, encoding="utf-8")
        assert made == file.read_text(encoding="utf-8")
