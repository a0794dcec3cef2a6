"""The files of a figure beside its page: found where every rendering of it links to them."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

import nh3
import pytest

from tests.sites import CONFIG, MadeSite, make_site

SMALL = """```attention
id: bat
model: toy
tokens: the bat flew home
Q: 2 0 0 0 / 1 2 1 0 / 2 1 2 0 / 0 0 0 0
K: 0 0 0 1 / 2 0 0 0 / 0 2 0 0 / 0 0 2 0
from: bat
check: bat -> flew > 50%
caption: Who "looks" <at> whom & why.
```
"""
HEADS = """```attention
model: toy
text: the bat flew home
seed: 1
d_model: 8
heads: 2
layers: 2
```
"""
LONG = f"""```attention
id: long
model: toy
tokens: {" ".join(f"w{i}" for i in range(20))}
seed: 1
d_model: 4
```
"""
ATOM = "{http://www.w3.org/2005/Atom}"
LINK = re.compile(r'<a href="([^"]*)" download="">')


def post(*blocks: str, front: str = "date: 2026-01-01") -> str:
    return f"---\ntitle: A\n{front}\n---\nText.\n\n" + "\n".join(blocks)


def entry(site: MadeSite) -> str:
    """The content of the one entry of the site's feed, as a feed reader gets it."""
    root = ET.fromstring(site.text("feed.xml"))  # noqa: S314 - we wrote it
    (content,) = (each.text for each in root.iter(f"{ATOM}content"))
    assert content is not None
    return content


def without_groups(table: str) -> str:
    """A table without the groups of rows that a parser of HTML adds by itself."""
    return unescape(re.sub(r"</?t(?:head|body)>", "", table))


def published(site: MadeSite, address: str) -> str:
    """The output at an absolute address of the site."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == "https://example.org"
    return site.text(parts.path.removeprefix(site.inputs.config.base))


def test_every_number_of_every_head_is_in_a_file_beside_the_page(tmp_path: Path) -> None:
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(SMALL, HEADS)}")
    assert site.problems == ()
    assert {"posts/a/bat.svg", "posts/a/bat.csv", "posts/a/figure-2.csv"} <= site.paths
    rows = list(csv.DictReader(io.StringIO(site.text("posts/a/figure-2.csv"))))
    assert len(rows) == 2 * 2 * 4
    for row in rows:
        assert sum(float(row[token]) for token in ["the", "bat", "flew", "home"]) == pytest.approx(
            100, abs=0.02
        )
    artifact = site.built.snapshot.artifacts["posts/a/bat.csv"]
    assert artifact.media_type == "text/csv; charset=utf-8"
    assert artifact.made_from == ("content/posts/a.md",)


def test_the_link_of_a_page_leads_to_the_file(tmp_path: Path) -> None:
    config = CONFIG.replace("example.org/", "example.org/blog/")
    site = make_site(
        tmp_path,
        f"== site.toml\n{config}== content/posts/a.md\n{post(HEADS, LONG)}"
        f"== content/b.md\n{post(HEADS, front='permalink: /x/b.html')}",
    )
    assert site.problems == ()
    for path, page in {"posts/a/index.html": "posts/a/", "x/b.html": "x/b.html"}.items():
        links = LINK.findall(site.text(path))
        assert links
        for link in links:
            address = urljoin(f"https://example.org/blog/{page}", link)
            assert published(site, address).startswith("layer,head,from,")


def test_the_introduction_of_a_list_finds_the_files_of_its_figures(tmp_path: Path) -> None:
    texts = "".join(f"== content/posts/{n}.md\n{post()}" for n in range(3))
    site = make_site(
        tmp_path,
        f"== site.toml\n{CONFIG}paginate = 2\n{texts}== content/posts/index.md\n{post(HEADS)}",
    )
    assert site.problems == ()
    assert LINK.findall(site.text("posts/index.html")) == ["figure-1.csv"]
    assert "posts/figure-1.csv" in site.paths
    assert "<figure" not in site.text("posts/page/2/index.html")


def test_a_text_may_link_to_the_files_of_a_figure(tmp_path: Path) -> None:
    links = "[picture](a/bat.svg) [numbers](/posts/a/bat.csv) [none](/posts/a/bat.png)\n"
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(SMALL)}\n{links}")
    (error,) = site.errors
    assert error.startswith('"/posts/a/bat.png" leads to nothing')
    assert 'href="/posts/a/bat.svg"' in site.text("posts/a/index.html")


@pytest.mark.parametrize("name", ["bat.svg", "bat.csv"])
def test_a_file_of_the_writer_s_at_the_place_of_a_figure_is_a_mistake(
    tmp_path: Path, name: str
) -> None:
    site = make_site(
        tmp_path, f"== content/posts/a.md\n{post(SMALL)}== content/posts/a/{name}\nmine\n"
    )
    (error,) = site.errors
    assert error == (
        f'"/posts/a/{name}" is the address of both a figure of content/posts/a.md'
        f" and content/posts/a/{name}"
    )


def test_figures_of_two_pages_in_one_folder_cannot_have_one_file(tmp_path: Path) -> None:
    pages = "".join(
        f"== content/{name}.md\n{post(SMALL, front=f'permalink: /x/{name}.html')}" for name in "ab"
    )
    site = make_site(tmp_path, pages)
    assert site.errors == [
        '"/x/bat.svg" is the address of both a figure of content/a.md and a figure of content/b.md'
    ]
    assert site.report.startswith("content/b.md:7:1: error: ")
    assert "hint: give the figure another `id`" in site.report


def test_two_figures_of_one_page_cannot_have_one_file(tmp_path: Path) -> None:
    other = SMALL.replace("id: bat", "id: figure-2")
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(other, HEADS)}")
    assert site.errors == ['another figure of this page has the id "figure-2"']


# --- feeds -----------------------------------------------------------------------------------


def test_a_sanitiser_leaves_the_sentence_the_table_and_the_picture(tmp_path: Path) -> None:
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(SMALL, HEADS, LONG)}")
    left = nh3.clean(entry(site))
    (document,) = site.built.documents
    assert len(document.figures) == 3
    words, rows = unescape(re.sub(r"<[^>]*>", "", left)), without_groups(left)
    for figure in document.figures:
        assert figure.sentence in words
        assert figure.caption in words
        assert without_groups(figure.table) in rows
    assert "bat → flew 53\u00a0% > 50\u00a0%" in words
    assert left.count("<img ") == 3
    assert "<svg" not in entry(site)


def test_the_pictures_of_a_feed_are_drawings_of_the_site_with_the_sentence_as_words(
    tmp_path: Path,
) -> None:
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(SMALL, HEADS)}")
    (document,) = site.built.documents
    pictures = re.findall(r'<img src="([^"]*)" alt="([^"]*)">', entry(site))
    assert [unescape(words) for _, words in pictures] == [
        figure.sentence for figure in document.figures
    ]
    for address, _ in pictures:
        root = ET.fromstring(published(site, address))  # noqa: S314 - we wrote it
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert int(root.get("width", "0")) > 0


def test_a_feed_links_to_the_numbers_that_its_table_leaves_out(tmp_path: Path) -> None:
    site = make_site(tmp_path, f"== content/posts/a.md\n{post(SMALL, HEADS, LONG)}")
    links = re.findall(r'<a href="([^"]*)">All as CSV</a>', nh3.clean(entry(site), link_rel=None))
    assert links == [
        "https://example.org/posts/a/figure-2.csv",
        "https://example.org/posts/a/long.csv",
    ]
    for link in links:
        assert published(site, link).startswith("layer,head,from,")
