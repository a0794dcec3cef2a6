"""Series, backlinks, first lines and the list of all notes, as the knot ties them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from sitegen.errors import Span
from sitegen.model import Document, Fence, Figure, Kind, Listing, PageRef, Site
from sitegen.site.indexes import NOTED
from tests.documents import CONFIG, asset, document, messages, site_of

PARTS = [
    document("content/posts/c.md", day="2024-03-01", series="On Snow"),
    document("content/posts/a.md", day="2024-01-01", series="On snow"),
    document("content/poems/b.md", "poem", "2024-02-01", series="On Snow"),
    document("content/about.md", "page", series="on-snow"),
]


def lists(site: Site, kind: str) -> list[Listing]:
    return [each for each in site.listings if each.kind == kind]


def paths(entries: tuple[PageRef, ...]) -> list[str]:
    return [entry.path.removeprefix("content/") for entry in entries]


def poem(name: str, line: str, number: int = 1, **others: Any) -> Document:
    source = document(f"content/poems/{name}.md", "poem", **others)
    return replace(source, opening=line, opening_line=number)


def noted(path: str, day: str | None = None, kind: Kind = "post", **others: Any) -> Document:
    return replace(document(path, kind, day, **others), notes=1)


# --- series ----------------------------------------------------------------------------------


def test_a_series_is_listed_from_its_oldest_part_on_and_what_has_no_date_is_last() -> None:
    site = site_of(*PARTS)
    assert messages(site) == []
    (series,) = lists(site, "series")
    assert (series.url, series.output, series.title) == (
        "/series/on-snow/",
        "series/on-snow/index.html",
        "On Snow",
    )
    assert paths(series.entries) == ["posts/a.md", "poems/b.md", "posts/c.md", "about.md"]


def test_a_page_knows_its_place_in_its_series() -> None:
    site = site_of(*PARTS, document("content/posts/z.md"))
    place = site.pages["content/poems/b.md"].series
    assert place
    assert (place.name, place.url, place.number, place.count) == (
        "On Snow",
        "/series/on-snow/",
        2,
        4,
    )
    assert place.previous
    assert place.next
    assert (place.previous.url, place.next.url) == ("/posts/a/", "/posts/c/")
    first, last = site.pages["content/posts/a.md"].series, site.pages["content/about.md"].series
    assert first
    assert last
    assert (first.previous, last.next, last.number) == (None, None, 4)
    assert site.pages["content/posts/z.md"].series is None


def test_different_series_at_one_address_are_told() -> None:
    site = site_of(document("content/a.md", series="C"), document("content/b.md", series="C++"))
    (problem,) = site.problems
    assert problem.severity == "warning"
    assert problem.message == 'the series "C" and "C++" have one address, so they are shown as one'
    assert problem.span
    assert problem.span.line == 2
    assert len(lists(site, "series")) == 1


def test_a_page_of_the_writers_introduces_a_series() -> None:
    site = site_of(*PARTS, document("content/series/on-snow.md", "page", title="Snow, always"))
    (series,) = lists(site, "series")
    assert (series.intro, series.title) == ("content/series/on-snow.md", "Snow, always")


def test_a_post_at_the_address_of_a_series_stands_there_and_is_linked() -> None:
    site = site_of(*PARTS, document("content/series/on-snow.md", day="2020-01-01"))
    assert messages(site) == []
    assert lists(site, "series") == []
    place = site.pages["content/posts/a.md"].series
    assert place
    assert (place.url, place.number) == ("/series/on-snow/", 1)


# --- backlinks -------------------------------------------------------------------------------


def linked_from(site: Site, path: str) -> list[str]:
    return paths(site.pages[path].backlinks)


def test_a_page_knows_who_links_to_it_newest_first_and_each_once() -> None:
    site = site_of(
        document("content/a.md", day="2024-01-01", links=["b.md", "/b/", "a.md", "#"]),
        document("content/b.md", day="2024-01-02", links=["b.md"]),
        document("content/c.md", day="2024-01-03", links=["b.md#top", "https://example.org/b/"]),
        document("content/d.md", links=["b/?x#top"]),
    )
    assert messages(site) == []
    assert linked_from(site, "content/b.md") == ["c.md", "a.md", "d.md"]
    assert linked_from(site, "content/a.md") == []


@pytest.mark.parametrize(
    "target", ["/b/index.md", "/old/", "b.md#scale", "b.md?x=1", "/b/figure-1.svg"]
)
def test_what_belongs_to_a_page_stands_for_it(target: str) -> None:
    fence = Fence(id="figure.1", text="", span=Span("content/b.md", 3))
    figure = Figure(id="figure.1", html="…", sentence="", table="", svg="…")
    own = document("content/b.md", anchors=["scale"], aliases=("/old/",))
    own = replace(own, fences=(fence,), figures=(figure,))
    site = site_of(document("content/a.md", links=[target]), own)
    assert messages(site) == []
    assert linked_from(site, "content/b.md") == ["a.md"]


def test_links_of_navigation_and_links_that_lead_out_or_to_lists_are_nobodys() -> None:
    site = site_of(
        document("content/posts/a.md", day="2024-01-01", links=["/posts/", "https://b.example/"]),
        document("content/posts/b.md", day="2024-01-02"),
        document("content/posts/index.md", "page", title="Words", links=["a.md"]),
    )
    assert linked_from(site, "content/posts/b.md") == []
    (ref,) = site.pages["content/posts/a.md"].backlinks
    assert (ref.url, ref.title) == ("/posts/", "Words")
    assert linked_from(site, "content/posts/index.md") == []


def test_what_introduces_a_list_has_the_lists_name() -> None:
    site = site_of(document("content/index.md", "page", links=["a.md"]), document("content/a.md"))
    (ref,) = site.pages["content/a.md"].backlinks
    assert (ref.url, ref.title) == ("/", "A site")


# --- first lines -----------------------------------------------------------------------------


def test_first_lines_are_in_alphabetical_order_and_lead_to_the_line() -> None:
    site = site_of(
        poem("a", "“Under the ash", day="2024-01-01"),
        poem("b", "étude", 3),
        poem("c", "Evening"),
        document("content/posts/p.md"),
    )
    assert messages(site) == []
    (index,) = lists(site, "lines")
    assert (index.url, index.title, site.info.first_lines) == (
        "/first-lines/",
        "First lines",
        "/first-lines/",
    )
    assert [(entry.opening, entry.url) for entry in index.entries] == [
        ("étude", "/poems/b/#L3"),
        ("Evening", "/poems/c/#L1"),
        ("“Under the ash", "/poems/a/#L1"),
    ]


def test_one_poem_needs_no_index_and_a_site_may_do_without() -> None:
    one, two = poem("a", "One"), poem("b", "Two")
    empty = document("content/poems/c.md", "poem")
    assert lists(site_of(one, empty), "lines") == []
    site = site_of(one, two, config=replace(CONFIG, first_lines=False))
    assert (lists(site, "lines"), site.info.first_lines) == ([], "")


# --- notes -----------------------------------------------------------------------------------


def test_pages_with_notes_are_listed_newest_first() -> None:
    site = site_of(
        noted("content/posts/a.md", "2024-01-01"),
        noted("content/posts/b.md", "2024-02-01"),
        noted("content/about.md", kind="page"),
        document("content/posts/without.md"),
    )
    (listed,) = lists(site, "sidenotes")
    assert paths(listed.entries) == ["posts/b.md", "posts/a.md", "about.md"]
    assert site.info.sidenotes == listed.url == "/sidenotes/"


def test_many_pages_with_notes_are_cut_into_pages_of_the_list() -> None:
    site = site_of(*(noted(f"content/posts/{n}.md") for n in range(NOTED + 1)))
    first, second = lists(site, "sidenotes")
    assert (len(first.entries), len(second.entries)) == (NOTED, 1)
    assert second.url == first.older == "/sidenotes/page/2/"


def test_without_notes_or_by_configuration_there_is_no_list() -> None:
    assert lists(site_of(document("content/a.md")), "sidenotes") == []
    site = site_of(noted("content/a.md"), config=replace(CONFIG, sidenotes=False))
    assert (lists(site, "sidenotes"), site.info.sidenotes) == ([], "")


# --- who stands at their addresses -----------------------------------------------------------

SOME = [poem("a", "One"), poem("b", "Two"), noted("content/posts/n.md")]


@pytest.mark.parametrize("name", ["first-lines", "sidenotes"])
def test_a_page_of_the_writers_introduces_such_a_list_and_stays_in_the_navigation(
    name: str,
) -> None:
    own = noted(f"content/{name}.md", kind="page", title="Mine", links=[f"/{name}/"])
    site = site_of(*SOME, own)
    assert messages(site) == []
    (shown,) = (each for each in site.listings if each.url == f"/{name}/")
    assert (shown.intro, shown.title) == (own.path, "Mine")
    assert ("Mine", f"/{name}/") in [(each.title, each.url) for each in site.info.navigation]
    assert name == "first-lines" or own.path not in [entry.path for entry in shown.entries]


@pytest.mark.parametrize("name", ["first-lines", "sidenotes"])
@pytest.mark.parametrize(
    "sources",
    [
        [document("content/{}.md")],
        [document("content/posts/x.md", slug="{}", permalink="/{}/")],
        [document("content/{}/x.md", day="2024-01-01")],
        [document("content/{}/x.md", "page")],
        [document("content/posts/x.md", aliases=("/{}/",))],
        [document("content/posts/x.md", aliases=("/{}",))],
    ],
)
def test_whatever_else_a_writer_has_there_is_stronger(name: str, sources: list[Document]) -> None:
    def named(source: Document) -> Document:
        meta = source.meta
        aliases = tuple(alias.format(name) for alias in meta.aliases)
        link = meta.permalink and meta.permalink.format(name)
        slug = meta.slug.format(name)
        meta = replace(meta, aliases=aliases, permalink=link, slug=slug)
        return replace(source, path=source.path.format(name), meta=meta)

    site = site_of(*SOME, *map(named, sources))
    assert messages(site) == []
    assert len(lists(site, "lines")) == (name != "first-lines")
    assert len(lists(site, "sidenotes")) == (name != "sidenotes")
    assert bool(site.info.first_lines) == (name != "first-lines")
    assert bool(site.info.sidenotes) == (name != "sidenotes")


@pytest.mark.parametrize("path", ["content/Sidenotes/index.html", "content/sidenotes"])
def test_a_file_of_the_writers_is_stronger_too(path: str) -> None:
    site = site_of(*SOME, assets=[asset(path)])
    assert messages(site) == []
    assert lists(site, "sidenotes") == []


def test_a_static_file_is_stronger_too() -> None:
    site = site_of(*SOME, static=["first-lines/index.html"])
    assert messages(site) == []
    assert lists(site, "lines") == []


def test_a_link_may_lead_to_these_lists() -> None:
    links = ["/first-lines/", "/sidenotes/", "/series/snow/"]
    site = site_of(*SOME, document("content/posts/x.md", links=links, series="Snow"))
    assert messages(site) == []
    assert list(site.pages["content/posts/x.md"].links) == links
