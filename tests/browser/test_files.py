"""What a figure is elsewhere: on paper, in a feed, as a file, beside others on a page."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sitegen.figures.words import panel_name
from tests.browser.conftest import Browser, Variant
from tests.browser.panels import (
    Step,
    assert_shown,
    choose,
    pictures,
    scene_of,
    sentence_of,
    weights_of,
)
from tests.browser.pictures import Pixels, cells

DOTS = 144  # an inch, of a printed page


class Word(NamedTuple):
    """A word of a printed page, in points from its left upper corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def printed(pdf: Path) -> list[list[Word]]:
    """The words of each page."""
    done = subprocess.run(
        ["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True
    )
    shape = r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>'
    return [
        [Word(unescape(text), *map(float, place)) for *place, text in re.findall(shape, page)]
        for page in done.stdout.split("<page ")[1:]
    ]


def paper(pdf: Path, page: int) -> Pixels:
    """The colours of a page, counted from 0."""
    command = ["pdftoppm", "-r", str(DOTS), "-f", str(page + 1), "-singlefile", str(pdf)]
    done = subprocess.run(command, capture_output=True, check=True)
    _, size, _, pixels = done.stdout.split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def said(page: list[Word]) -> str:
    return " ".join(word.text for word in page)


def test_the_chosen_head_is_printed_whole_and_without_its_buttons(
    chromium: Browser, tmp_path: Path
) -> None:
    pdf = tmp_path / "heads.pdf"
    chromium(["open", "/posts/heads/"], *choose("bat", 2, 8), ["pdf", str(pdf)])
    pages = printed(pdf)
    [number] = [i for i, page in enumerate(pages) if "Seven tokens, one" in said(page)]
    page = said(pages[number])
    told = sentence_of("heads", "bat", 2, 8).removeprefix("Layer 3, head ")
    assert f"Layer 3, head 9: {told}" in page
    assert "100 % " in page
    whole = " ".join(map(said, pages))
    assert whole.count(sentence_of("heads", "bat", 0, 3).removeprefix("Layer 1, head ")) == 0
    assert re.search(r"\b1 2 3 4 5 6\b", whole) is None
    tokens = ["[CLS]", "the", "bat", "flew", "at", "night", "[SEP]"]
    labels = rows_of(pages[number], tokens)
    step = (labels[-1].top - labels[0].top) / 6
    middle = (labels[0].top + labels[0].bottom - step) / 2
    left = labels[0].right + step * 8 / 28  # between a label and its row, 28 units wide
    corners = np.array([middle, middle + 7 * step, left, left + 7 * step]) * DOTS / 72
    top, bottom, start, end = corners.round().astype(int)
    panel = cells(paper(pdf, number)[top:bottom, start:end], 7, 7)
    assert_shown([panel], [weights_of("heads", "bat")[2, 8]])


def rows_of(page: list[Word], tokens: Sequence[str]) -> list[Word]:
    """The labels of the rows: one below the other, flush right."""
    for begin in page:
        flush = [word for word in page if abs(word.right - begin.right) < 1]
        below = [word for word in flush if word.top >= begin.top][: len(tokens)]
        if [word.text for word in below] == list(tokens):
            return below
    pytest.fail("no labels of rows are printed")


def test_each_figure_is_printed_on_one_page_and_within_it(
    chromium: Browser, tmp_path: Path
) -> None:
    pdf = tmp_path / "views.pdf"
    chromium(["open", "/posts/views/"], ["pdf", str(pdf)])
    pages = [said(page) for page in printed(pdf)]
    for figure in ("map", "scales", "said", "one", "lines"):
        scene = scene_of("views", figure)
        [page] = [page for page in pages if scene.spec.caption in page]
        assert "0 % 100 %" in page, figure
        assert panel_name(scene.weights, *scene.chosen)[:4] in page, figure
    assert all(40 < word.left < word.right < 596 - 40 for words in printed(pdf) for word in words)
    assert re.search(r"\b1 2 3\b", " ".join(pages[-2:])) is None


def test_a_long_figure_is_printed_within_the_page(chromium: Browser, tmp_path: Path) -> None:
    pdf = tmp_path / "long.pdf"
    chromium(["open", "/posts/long/"], ["pdf", str(pdf)])
    pages = printed(pdf)
    [page] = [page for page in pages if "0 % 100 %" in said(page) or "from ↓" in said(page)]
    assert all(40 < word.left < word.right < 596 - 40 for each in pages for word in each)
    labels = rows_of(page, scene_of("long", "bat").spec.tokens)
    step = (labels[-1].top - labels[0].top) / 63
    assert labels[0].right + step * (8 / 14 + 64) < 596 - 50  # to the end of its rows
    assert labels[-1].bottom < 842 - 50


class Ids(HTMLParser):
    """The ids of a page, and its radio groups by the figure that they are in."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.groups: dict[str, set[str]] = {}
        self.figure = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "figure":
            self.figure = given.get("id") or ""
        if given.get("type") == "radio":
            self.groups.setdefault(given["name"] or "", set()).add(self.figure)


def test_ids_and_names_are_apart_on_every_page(figures: Path) -> None:
    counted = 0
    for path in figures.rglob("*.html"):
        page = Ids()
        page.feed(path.read_text(encoding="utf-8"))
        assert [name for name, count in Counter(page.ids).items() if count > 1] == [], path
        assert [name for name, inside in page.groups.items() if len(inside) > 1] == [], path
        counted += len(page.groups)
    assert counted > 12


def test_the_feed_shows_each_picture(chromium: Browser, figures: Path, variant: Variant) -> None:
    feed = unescape((figures / "feed.xml").read_text(encoding="utf-8"))
    images = [image for image in re.findall("<img [^>]*>", feed) if ".svg" in image]
    here = "".join(image.replace("https://figures.example/", "/") for image in images)
    assert len(images) == 11

    def reader(folder: Path) -> None:
        (folder / "reader.html").write_text(here, encoding="utf-8")

    sizes = "[...document.images].map(image => [image.naturalWidth, image.alt.length])"
    seen = chromium(["open", "/reader.html"], ["value", sizes], base=variant(reader))[1]
    assert len(seen) == 11
    assert [each for each in seen if each[0] < 200 or each[1] < 20] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_opened_by_itself_is_dark_where_the_reader_wants_it(
    chromium: Browser, figures: Path, scheme: str
) -> None:
    files = sorted(figures.rglob("posts/*/*.svg"))
    steps: list[Step] = [["media", {"prefers-color-scheme": scheme}]]
    for file in files:
        steps += [["open", file.relative_to(figures).as_posix()], ["shot", "svg"]]
    shots = pictures(chromium(*steps, base=f"{figures.as_uri()}/"))
    assert len(shots) == len(files) == 11
    for shot in shots:
        assert (shot[3, 3].mean() < 60) == (scheme == "dark")
        brightness = shot.mean(axis=-1)
        assert np.ptp(brightness) > 120  # letters on it
