"""A poem that a reader takes along: copied, printed, in a feed reader, as its source."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from itertools import groupby
from pathlib import Path

import nh3
import pytest

from tests.published.conftest import look_at, served

NBSP = "\u00a0"
SOURCE = Path(__file__).with_name("sink") / "content/poems/copied.md"
TYPED = SOURCE.read_text(encoding="utf-8").split("---\n")[2]
POEM = TYPED.replace("\t", "    ").rstrip("\n")
PAGE = "/poems/copied/"


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("print") / "poem.pdf"


@pytest.fixture(scope="module")
def copied(sink: Path, pdf: Path) -> str:
    """What the clipboard holds; the page is printed, too."""
    with served(sink) as base:
        view = {"page": PAGE, "pdf": str(pdf), "steps": [["copy", ".poem"]]}
        text: str = look_at(base, [view])[0]["answers"][0]
    return text


def test_the_poem_has_what_is_easily_lost() -> None:
    assert "\t\t" in TYPED
    assert " " * 40 in TYPED
    assert "\n\n\n" in TYPED


def test_what_is_copied_from_the_page_is_the_poem(copied: str) -> None:
    assert copied.rstrip("\n") == POEM


def test_its_source_is_published_as_it_was_typed(sink: Path) -> None:
    assert (sink / "poems/copied/index.md").read_text(encoding="utf-8").endswith(TYPED)


def test_a_feed_reader_that_cleans_its_html_shows_the_poem(sink: Path) -> None:
    feed = json.loads((sink / "poems.json").read_text(encoding="utf-8"))
    [item] = [each for each in feed["items"] if each["url"].endswith(PAGE)]
    cleaned = unescape(nh3.clean(item["content_html"]))
    stanzas = re.findall(r"<p[^>]*>(.*?)</p>", cleaned, re.DOTALL)
    shown = "\n\n".join(stanza.replace("<br>\n", "\n") for stanza in stanzas)
    shown = shown.replace(f"\n\n{NBSP}\n\n", "\n\n\n").replace(NBSP, " ")  # a wider gap
    assert shown == POEM


@pytest.mark.usefixtures("copied")
def test_a_printed_poem_keeps_its_lines_indents_and_gaps(pdf: Path) -> None:
    """On A4 a line is 16.5 points high, and a column of an indent 4.95 wide."""
    done = subprocess.run(
        ["pdftotext", "-bbox", pdf, "-"], capture_output=True, text=True, check=True
    )
    words = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)".*?>([^<]*)</word>', done.stdout)
    placed = sorted((round(float(y), 1), float(x), word) for x, y, word in words)
    rows = [list(row) for _, row in groupby(placed, lambda word: word[0])][1:]  # below the title
    (top, left, _), *_ = rows[0]
    printed: dict[int, str] = {}
    for row in rows:
        indent = round((row[0][1] - left) / 4.95)
        printed[round((row[0][0] - top) / 16.5)] = " " * indent + " ".join(word[2] for word in row)
    expected = {
        number: re.sub(r"(?<=\S) +", " ", line)
        for number, line in enumerate(POEM.split("\n"))
        if line
    }
    assert {number: printed[number] for number in sorted(printed)[: len(expected)]} == expected
