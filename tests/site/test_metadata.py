"""What pages say to machines: OpenGraph, JSON-LD, h-entry."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

import mf2py
import pytest
from msgspec.structs import replace

from sitegen.model import Document, ImageFile, Meta, Moment, NavLink, Page, SiteInfo
from sitegen.templates.filters import locale
from sitegen.templates.linked import of_page
from tests.sites import MadeSite, make_site

SITE = """
== site.toml
title = "Rows & sums"
url = "https://example.org/blog/"
author = "A. Writer"
language = "en-GB"
description = "Essays."

== content/posts/a.md
---
title: "On <looking> & \\"seeing\\""
date: 2026-01-31 10:00
updated: 2026-02-01
description: What it says.
tags: [snow, "a & b"]
series: Eyes
image: pic.svg
---
The text.

== content/posts/pic.svg
<svg xmlns="http://www.w3.org/2000/svg" width="40" height="50"/>

== content/poems/b.md
---
date: 2026-01-30
authors: [A. Writer, B. Other]
description: About a verse.
lang: de
---
eine Zeile

== content/about.md
---
authors: C. Else
---
Of me.

== content/posts/drafty.md
---
draft: true
---
Not yet.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeSite:
    made = make_site(tmp_path_factory.mktemp("site"), SITE, drafts=True)
    assert made.errors == []
    return made


class Head(HTMLParser):
    """The `meta` elements and the data blocks of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.meta: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inside = tag == "script"
        if tag == "meta" and "content" in found:
            name = found.get("property") or found.get("name") or ""
            self.meta.append((name, found["content"] or ""))

    def handle_endtag(self, _tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.blocks += [data] if self.inside else []


def things(made: MadeSite, path: str) -> list[dict[str, Any]]:
    """What a page says in JSON-LD."""
    (block,) = Head(made.text(path)).blocks
    value = json.loads(block)
    assert value["@context"] == "https://schema.org"
    return list(value.get("@graph", [value]))


def test_a_page_says_to_social_networks_what_it_is(made: MadeSite) -> None:
    meta = Head(made.text("posts/a/index.html")).meta
    assert [each for each in meta if re.match("og|article|twitter", each[0])] == [
        ("og:title", 'On <looking> & "seeing"'),
        ("og:type", "article"),
        ("og:url", "https://example.org/blog/posts/a/"),
        ("og:description", "What it says."),
        ("og:site_name", "Rows & sums"),
        ("og:locale", "en_GB"),
        ("og:image", "https://example.org/blog/posts/pic.svg"),
        ("og:image:width", "40"),
        ("og:image:height", "50"),
        ("og:image:alt", 'On <looking> & "seeing"'),
        ("twitter:card", "summary_large_image"),
        ("article:published_time", "2026-01-31T10:00:00+00:00"),
        ("article:modified_time", "2026-02-01"),
        ("article:tag", "snow"),
        ("article:tag", "a & b"),
    ]


def test_without_a_picture_there_is_no_card(made: MadeSite) -> None:
    names = [name for name, _ in Head(made.text("poems/b/index.html")).meta]
    assert "og:image" not in names
    assert "twitter:card" not in names
    assert "article:modified_time" not in names


def test_the_picture_that_the_build_makes_stands_in_for_one() -> None:
    card = ImageFile(src="/blog/cards/a.png", width=1200, height=630)
    assert json.loads(of_page(INFO, replace(PAGE, card=card)))["image"] == {
        "@type": "ImageObject",
        "url": "https://example.org/blog/cards/a.png",
        "width": 1200,
        "height": 630,
    }
    own = ImageFile(src="https://img.example/x.png")
    said = json.loads(of_page(INFO, replace(PAGE, card=card, image=own)))
    assert said["image"] == {"@type": "ImageObject", "url": "https://img.example/x.png"}


def test_an_essay_is_a_posting_of_a_blog_and_knows_the_way_to_it(made: MadeSite) -> None:
    posting, trail = things(made, "posts/a/index.html")
    assert posting == {
        "@type": "BlogPosting",
        "headline": 'On <looking> & "seeing"',
        "url": "https://example.org/blog/posts/a/",
        "datePublished": "2026-01-31T10:00:00+00:00",
        "dateModified": "2026-02-01",
        "author": [{"@type": "Person", "name": "A. Writer", "url": "https://example.org/blog/"}],
        "inLanguage": "en-GB",
        "image": {
            "@type": "ImageObject",
            "url": "https://example.org/blog/posts/pic.svg",
            "width": 40,
            "height": 50,
        },
        "isPartOf": {
            "@type": "CreativeWorkSeries",
            "name": "Eyes",
            "url": "https://example.org/blog/series/eyes/",
        },
        "position": 1,
    }
    assert trail["@type"] == "BreadcrumbList"
    steps = [
        (step["position"], step["name"], step.get("item")) for step in trail["itemListElement"]
    ]
    assert steps == [
        (1, "Rows & sums", "https://example.org/blog/"),
        (2, "Posts", "https://example.org/blog/posts/"),
        (3, 'On <looking> & "seeing"', None),
    ]


def test_a_poem_is_a_work_of_that_genre_by_its_authors(made: MadeSite) -> None:
    poem, _ = things(made, "poems/b/index.html")
    assert (poem["@type"], poem["genre"], poem["inLanguage"]) == ("CreativeWork", "Poem", "de")
    assert [author.get("url") for author in poem["author"]] == ["https://example.org/blog/", None]
    assert "dateModified" not in poem


def test_the_home_page_is_the_site(made: MadeSite) -> None:
    (site,) = things(made, "index.html")
    assert site == {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": "Rows & sums",
        "url": "https://example.org/blog/",
        "inLanguage": "en-GB",
        "description": "Essays.",
    }


@pytest.mark.parametrize(
    "path", ["posts/drafty/index.html", "about/index.html", "404.html", "archive/index.html"]
)
def test_drafts_pages_lists_and_the_missing_page_say_nothing(made: MadeSite, path: str) -> None:
    assert Head(made.text(path)).blocks == []


INFO = SiteInfo(
    title="Rows & sums",
    url="https://example.org/blog/",
    base="/blog/",
    description="",
    author="",
    language="en",
    timezone="UTC",
    navigation=(NavLink(title="Home", url="/blog/"), NavLink(title="About", url="/blog/a/")),
    feed="",
)
META = Meta(title="A", kind="post", slug="a", date=Moment(day=date(2026, 1, 1)))
PAGE = Page(
    url="/blog/a/",
    output="a/index.html",
    document=Document(path="a.md", digest="", meta=META, origins={}, body=(), lead=()),
    links=(),
    images=(),
)


@pytest.mark.parametrize(
    "title",
    [
        "</script><script>alert(1)</script>",
        "<!-- <script>",
        "a\u2028b\u2029c",
        "]]> & &lt; \\u003c",
    ],
)
def test_no_title_can_end_the_block_that_it_stands_in(title: str) -> None:
    document = replace(PAGE.document, meta=replace(META, title=title))
    written = of_page(INFO, replace(PAGE, document=document))
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written)["headline"] == title
    assert "author" not in json.loads(written)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "en_US"),
        ("de", "de_DE"),
        ("pt-BR", "pt_BR"),
        ("zh-Hant-TW", "zh_TW"),
        ("ja", "ja_JP"),
        ("EN-gb", "en_GB"),
    ],
)
def test_a_language_has_a_territory_in_opengraph(language: str, written: str) -> None:
    assert locale(language) == written


# --- h-entry -------------------------------------------------------------------------------------


def entries(made: MadeSite, path: str) -> list[dict[str, Any]]:
    url = f"https://example.org/blog/{path.removesuffix('index.html')}"
    found = mf2py.parse(doc=made.text(path), url=url)["items"]
    return [each["properties"] for each in found if each["type"] == ["h-entry"]]


def test_an_essay_is_an_h_entry_with_all_that_readers_of_those_look_for(made: MadeSite) -> None:
    (entry,) = entries(made, "posts/a/index.html")
    (content,), (author,) = entry.pop("content"), entry.pop("author")
    assert content["html"].strip() == "<p>The text.</p>"
    assert author["type"] == ["h-card"]
    assert author["properties"] == {"name": ["A. Writer"], "url": ["https://example.org/blog/"]}
    assert entry == {
        "name": ['On <looking> & "seeing"'],
        "url": ["https://example.org/blog/posts/a/"],
        "published": ["2026-01-31T10:00:00+0000"],
        "updated": ["2026-02-01"],
        "summary": ["What it says."],
        "category": ["snow", "a & b"],
        "featured": ["https://example.org/blog/posts/pic.svg"],
    }


def test_authors_who_are_shown_are_said_once(made: MadeSite) -> None:
    (poem,) = entries(made, "poems/b/index.html")
    names = [author["properties"]["name"] for author in poem["author"]]
    assert names == [["A. Writer"], ["B. Other"]]
    assert poem["summary"] == ["About a verse."]
    (page,) = entries(made, "about/index.html")
    assert [author["properties"]["name"] for author in page["author"]] == [["C. Else"]]


def test_the_newest_texts_on_the_home_page_are_h_entries_too(made: MadeSite) -> None:
    essay, poem = entries(made, "index.html")
    assert (essay["url"], poem["url"]) == (
        ["https://example.org/blog/posts/a/"],
        ["https://example.org/blog/poems/b/"],
    )
    assert essay["author"][0]["properties"]["name"] == ["A. Writer"]
    assert len(poem["author"]) == 2
