"""A site with one of everything: what holds of the blog holds of whatever a writer may use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.published.conftest import ALL, Look, broken_links, look_at, pages_of, served, validity


@pytest.fixture(scope="module")
def look_sink(sink: Path) -> Iterator[Look]:
    with served(sink) as base:
        yield partial(look_at, base)


def test_the_nu_checker_finds_no_error_and_no_warning(sink: Path) -> None:
    assert validity(sink) == []


def test_no_link_and_no_anchor_is_broken(sink: Path) -> None:
    assert broken_links(sink) == {}


def test_no_kind_of_page_violates_an_accessibility_rule(look_sink: Look, sink: Path) -> None:
    # The small posts are there for the lists; one of them, and one tag, stand for all.
    alike = re.compile(r"/small-[1-9]/|/tag\d\d/|-while-[1-9]/|/page/[3-9]/")
    pages = [page for page in pages_of(sink) if not alike.search(page)]
    modes: list[dict[str, Any]] = [{"scheme": "light"}, {"scheme": "dark", "width": 320}]
    views = [
        {"page": page, "axe": ALL or (index + turn) % 2 == 0} | mode
        for index, page in enumerate(pages)
        for turn, mode in enumerate(modes)
    ]
    seen = look_sink(views)
    assert [(each["view"], each["violations"]) for each in seen if each["violations"]] == []
    assert [each["view"] for each in seen if each["sideways"]] == []
    assert [(each["view"], each["console"]) for each in seen if each["console"]] == []
