"""Addresses, order, lists and neighbours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from sitegen.model import Listing, NavLink, Section, Site
from sitegen.site.selection import select
from tests.documents import CONFIG, asset, document, messages, site_of


def addresses(site: Site) -> dict[str, str]:
    return {path: page.url for path, page in site.pages.items()}


def listing(site: Site, url: str) -> Listing:
    return next(each for each in site.listings if each.url == url)


def entries(site: Site, url: str) -> list[str]:
    return [entry.path for entry in listing(site, url).entries]


# --- addresses -------------------------------------------------------------------------------


def test_a_source_lives_at_its_folder_and_slug() -> None:
    site = site_of(
        document("content/My Posts/2024/b.md"),
        document("content/about.md", "page"),
        document("content/posts/trip/index.md"),
        document("content/notes/index.md", "page"),
    )
    assert messages(site) == []
    assert addresses(site) == {
        "content/My Posts/2024/b.md": "/my-posts/2024/b/",
        "content/about.md": "/about/",
        "content/notes/index.md": "/notes/",
        "content/posts/trip/index.md": "/posts/trip/",
    }
    page = site.pages["content/posts/trip/index.md"]
    assert (page.output, page.source_url) == ("posts/trip/index.html", "/posts/trip/index.md")


def test_an_address_is_percent_encoded_and_its_output_is_not() -> None:
    page = site_of(document("content/a.md", slug="cafe\u0301-日")).pages["content/a.md"]
    assert (page.url, page.output) == ("/caf%C3%A9-%E6%97%A5/", "caf\u00e9-日/index.html")


def test_the_base_path_is_before_every_address_and_in_no_output() -> None:
    config = replace(CONFIG, url="https://example.org/blog/", base="/blog/")
    site = site_of(
        document("content/posts/a.md", day="2024-01-01", tags=("x",), aliases=("/old/",)),
        config=config,
    )
    assert {each.url.startswith("/blog/") for each in site.listings} == {True}
    assert site.pages["content/posts/a.md"].url == "/blog/posts/a/"
    assert site.redirects[0].target == "/blog/posts/a/"
    assert (site.redirects[0].url, site.redirects[0].output) == ("/blog/old/", "old/index.html")
    assert site.info.feed == "/blog/feed.xml"


@pytest.mark.parametrize(
    ("permalink", "output"),
    [
        ("/a/b/", "a/b/index.html"),
        ("a/b", "a/b/index.html"),
        ("/a/b.html", "a/b.html"),
        ("/caf%C3%A9/", "café/index.html"),
        ("/{year}/{month}/{day}/{slug}/", "2024/03/09/a/index.html"),
        ("/{section}-{slug}/", "posts-a/index.html"),
        ("/", "index.html"),
    ],
)
def test_a_permalink_is_a_path_with_placeholders(permalink: str, output: str) -> None:
    source = document("content/posts/a.md", day="2024-03-09", permalink=permalink)
    assert site_of(source).pages["content/posts/a.md"].output == output


def test_a_section_may_have_a_pattern_which_its_index_does_not_follow() -> None:
    posts = Section(name="posts", permalink="/{year}/{slug}/")
    site = site_of(
        document("content/posts/a.md", day="2024-03-09"),
        document("content/posts/b.md", day="2024-03-09", permalink="/b/"),
        document("content/posts/index.md", "page"),
        config=replace(CONFIG, sections={"posts": posts}),
    )
    assert messages(site) == []
    assert list(addresses(site).values()) == ["/2024/a/", "/b/", "/posts/"]


@pytest.mark.parametrize(
    ("permalink", "message"),
    [
        ("/{yaer}/", 'unknown placeholder "{yaer}" in the permalink "/{yaer}/"'),
        ("/{year}/", 'the permalink "/{year}/" needs a date, and this file has none'),
        ("/../../etc/", 'leaves its folder by ".."'),
        ("/%2e%2e/x/", 'leaves its folder by ".."'),
        ("//evil.example/", "names another host"),
        ("https://evil.example/", "names another host"),
        ("/a\\b/", "has a backslash"),
        ("/a\0b/", "has a control character"),
        ("/a?b/", "has a ? or a #"),
        ("/con/", '"con" is a name that Windows keeps for itself'),
        ("/Aux.txt/", '"Aux.txt" is a name that Windows keeps for itself'),
        ("/a./b/", '"a." ends with a dot'),
        ("/a /b/", '"a " begins or ends with a space'),
        ("/.git/hooks/", 'the hidden part ".git"'),
        (f"/{'x' * 256}/", "is longer than 255 bytes"),
        (f"/{'abcdefghi/' * 120}", "it is longer than 1,000 bytes"),
    ],
)
def test_an_address_that_cannot_be_is_an_error_at_its_line(permalink: str, message: str) -> None:
    site = site_of(document("content/posts/a.md", permalink=permalink))
    (problem,) = site.problems
    assert (problem.kind, problem.severity) == ("RouteError", "error")
    assert message in problem.message
    assert problem.span is not None
    assert problem.span.line == 2
    assert problem.hint


def test_a_misspelt_placeholder_is_recognised() -> None:
    site = site_of(document("content/posts/a.md", permalink="/{yaer}/"))
    assert site.problems[0].hint
    assert site.problems[0].hint.startswith('did you mean "year"?')


def test_a_misspelt_placeholder_of_a_section_is_told_once() -> None:
    config = replace(CONFIG, sections={"posts": Section(name="posts", permalink="/{yaer}/")})
    site = site_of(*(document(f"content/posts/{n}.md") for n in range(3)), config=config)
    assert messages(site) == [
        'unknown placeholder "{yaer}" in the permalink "/{yaer}/" of site.toml'
    ]


def test_a_slug_is_one_name() -> None:
    site = site_of(document("content/a.md", slug="b/c"))
    assert messages(site) == ['the slug "b/c" holds a slash']


# --- clashes ---------------------------------------------------------------------------------


def test_two_sources_at_one_address_are_both_named() -> None:
    site = site_of(
        document("content/a.md", permalink="/x/"), document("content/b.md", permalink="/x/")
    )
    (problem,) = site.problems
    assert problem.message == '"/x/" is the address of both content/a.md and content/b.md'
    assert problem.span
    assert (problem.span.path, problem.span.line) == ("content/b.md", 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [("/Snow/", "/snow/"), ("/caf\u00e9/", "/cafe\u0301/"), ("/straße/", "/STRASSE/")],
)
def test_addresses_that_some_disk_takes_for_one_clash(one: str, other: str) -> None:
    site = site_of(
        document("content/a.md", permalink=one), document("content/b.md", permalink=other)
    )
    (problem,) = site.problems
    assert "content/a.md and content/b.md" in problem.message


@pytest.mark.parametrize(
    ("permalink", "wanted"),
    [
        ("/posts/", 'the list of the section "posts"'),
        ("/archive/", "the archive"),
        ("/tags/", "the list of tags"),
        ("/tags/t/", 'the page of the tag "t"'),
        ("/", "the home page"),
        ("/page/2/", "the home page"),
        ("/old/", "an alias of content/posts/b.md"),
        ("/pic.html", "content/pic.html"),
        ("/style.html", 'the static file "style.html"'),
        ("/404.html", "the page for addresses that do not exist"),
    ],
)
def test_a_page_on_something_else_is_an_error_that_names_both(permalink: str, wanted: str) -> None:
    site = site_of(
        document("content/posts/a.md", day="2024-01-01", permalink=permalink),
        document("content/posts/b.md", aliases=("/old/",), tags=("t",)),
        assets=[asset("content/pic.html")],
        static=["style.html"],
        config=replace(CONFIG, paginate=1),
    )
    (problem,) = site.problems
    assert "content/posts/a.md" in problem.message
    assert wanted in problem.message


def test_a_file_where_a_page_needs_a_folder_is_an_error() -> None:
    site = site_of(document("content/about.md", "page"), assets=[asset("content/about")])
    (message,) = messages(site)
    assert message == 'content/about is a file at "/about", where content/about.md needs a folder'


def test_a_file_on_a_feed_or_on_a_source_is_an_error() -> None:
    site = site_of(
        document("content/p/a.md", day="2024-01-01"),
        assets=[asset("content/feed.xml"), asset("content/con.png")],
        static=["p/a/index.md"],
    )
    assert set(messages(site)) == {
        '"/feed.xml" is the address of both the feed "A site" and content/feed.xml',
        'content/con.png cannot be published: "con.png" is a name that Windows keeps for itself',
        '"/p/a/index.md" is the address of both content/p/a.md and the static file "p/a/index.md"',
    }


# --- listings --------------------------------------------------------------------------------


def test_newest_first_then_by_path_and_undated_ones_last() -> None:
    site = site_of(
        document("content/posts/c.md"),
        document("content/posts/b.md"),
        document("content/posts/noon.md", day="2024-01-02", at="2024-01-02T12:00:00+00:00"),
        document("content/posts/day.md", day="2024-01-02"),
        document("content/poems/old.md", "poem", day="2023-12-31"),
        document("content/posts/z.md", day="2024-01-02"),
        document("content/about.md", "page", day="2025-01-01"),
    )
    ordered = [
        "content/posts/noon.md",
        "content/posts/z.md",
        "content/posts/day.md",
        "content/poems/old.md",
        "content/posts/b.md",
        "content/posts/c.md",
    ]
    assert entries(site, "/") == ordered
    assert entries(site, "/archive/") == ordered
    assert site.featured == ("content/posts/noon.md", "content/poems/old.md")


def test_the_home_page_and_sections_are_cut_into_pages() -> None:
    posts = [document(f"content/posts/{n}.md", day=f"2024-01-{n:02}") for n in range(1, 6)]
    config = replace(CONFIG, paginate=3, sections={"posts": Section(name="posts", paginate=2)})
    site = site_of(*posts, config=config)
    pages = [each for each in site.listings if each.kind == "section"]
    assert [(each.url, each.newer, each.older, len(each.entries)) for each in pages] == [
        ("/posts/", None, "/posts/page/2/", 2),
        ("/posts/page/2/", "/posts/", "/posts/page/3/", 2),
        ("/posts/page/3/", "/posts/page/2/", None, 1),
    ]
    assert [each.output for each in site.listings if each.kind == "home"] == [
        "index.html",
        "page/2/index.html",
    ]
    assert {(each.number, each.count) for each in pages} == {(1, 3), (2, 3), (3, 3)}


def test_a_section_of_pages_has_no_listing_but_its_own_index() -> None:
    site = site_of(document("content/docs/a.md", "page"), document("content/docs/index.md", "page"))
    assert [each.url for each in site.listings] == ["/"]
    assert site.pages["content/docs/index.md"].url == "/docs/"


@pytest.mark.parametrize(
    ("path", "kind", "url"),
    [
        ("content/index.md", "page", "/"),
        ("content/poems/index.md", "page", "/poems/"),
        ("content/poems/index.md", "poem", "/poems/"),
        ("content/archive.md", "page", "/archive/"),
        ("content/archive/index.md", "page", "/archive/"),
        ("content/tags/index.md", "page", "/tags/"),
        ("content/tags/snow.md", "page", "/tags/snow/"),
    ],
)
def test_a_page_at_the_address_of_a_listing_introduces_it(path: str, kind: str, url: str) -> None:
    site = site_of(
        document("content/poems/a.md", "poem", "2024-01-01", tags=("snow",)),
        document(path, kind, title="Words before"),  # type: ignore[arg-type]
    )
    assert messages(site) == []
    shown = listing(site, url)
    assert shown.intro == path
    assert shown.title == ("A site" if url == "/" else "Words before")
    assert site.pages[path].url == url
    assert path not in entries(site, "/")


def test_an_index_that_is_the_only_post_of_its_section_is_a_post() -> None:
    site = site_of(document("content/my-trip/index.md", "post", "2024-01-01"))
    assert entries(site, "/") == ["content/my-trip/index.md"]
    assert [each.kind for each in site.listings] == ["home", "archive"]


def test_the_title_of_a_section_is_configured_or_that_of_its_index_or_its_folders_name() -> None:
    sources = [document(f"content/{name}/a.md") for name in ("one", "two", "my-words")]
    index = [document(f"content/{name}/index.md", "page", title="Index") for name in ("one", "two")]
    config = replace(CONFIG, sections={"one": Section(name="one", title="Number one")})
    site = site_of(*sources, *index, config=config)
    titles = {each.url: each.title for each in site.listings if each.kind == "section"}
    assert titles == {"/one/": "Number one", "/two/": "Index", "/my-words/": "My words"}


def test_neighbours_are_of_the_same_kind_and_in_order_of_time() -> None:
    site = site_of(
        document("content/posts/a.md", day="2024-01-01"),
        document("content/poems/b.md", "poem", "2024-01-02"),
        document("content/posts/c.md", day="2024-01-03"),
        document("content/about.md", "page", "2024-01-02"),
    )
    first, last = site.pages["content/posts/a.md"], site.pages["content/posts/c.md"]
    assert first.previous is None
    assert first.next
    assert first.next.url == "/posts/c/"
    assert last.previous
    assert last.previous.url == "/posts/a/"
    assert last.next is None
    for path in ("content/poems/b.md", "content/about.md"):
        assert (site.pages[path].previous, site.pages[path].next) == (None, None)


def test_the_navigation_is_sections_then_pages_then_the_archive() -> None:
    site = site_of(
        document("content/posts/a.md"),
        document("content/poems/b.md", "poem"),
        document("content/about.md", "page", title="About me"),
        document("content/index.md", "page"),
        document("content/work/index.md", "page", title="Work"),
        config=replace(CONFIG, sections={"posts": Section(name="posts", title="Essays")}),
    )
    assert site.info.navigation == (
        NavLink(title="Essays", url="/posts/"),
        NavLink(title="Poems", url="/poems/"),
        NavLink(title="About me", url="/about/"),
        NavLink(title="Work", url="/work/"),
        NavLink(title="Archive", url="/archive/"),
    )


def test_a_hundred_pages_at_the_top_are_no_navigation() -> None:
    site = site_of(*(document(f"content/{n}.md", "page") for n in range(100)))
    assert site.info.navigation == ()


def test_a_site_without_content_still_has_a_home_page() -> None:
    site = site_of()
    assert [(each.kind, each.output) for each in site.listings] == [("home", "index.html")]
    assert (site.feeds, site.info.feed, site.problems) == ((), "", ())


# --- tags ------------------------------------------------------------------------------------


def test_spellings_of_a_tag_are_one_tag_shown_as_most_write_it() -> None:
    site = site_of(
        document("content/a.md", tags=("Deep Learning", "snow")),
        document("content/b.md", tags=("deep-learning",)),
        document("content/c.md", "page", tags=("Deep Learning", "Deep learning")),
    )
    assert messages(site) == []
    (index,) = [each for each in site.listings if each.kind == "tags"]
    assert [(each.name, each.url, each.count) for each in index.tags] == [
        ("Deep Learning", "/tags/deep-learning/", 3),
        ("snow", "/tags/snow/", 1),
    ]
    assert [each.name for each in site.pages["content/c.md"].tags] == ["Deep Learning"]
    assert set(entries(site, "/tags/deep-learning/")) == {
        "content/a.md",
        "content/b.md",
        "content/c.md",
    }


def test_different_tags_at_one_address_are_told() -> None:
    site = site_of(document("content/a.md", tags=("C",)), document("content/b.md", tags=("C++",)))
    (problem,) = site.problems
    assert problem.severity == "warning"
    assert problem.message == 'the tags "C" and "C++" have one address, so they are shown as one'


# --- feeds -----------------------------------------------------------------------------------


def test_feeds_hold_the_newest_dated_posts_and_poems() -> None:
    posts = [
        document(f"content/posts/{n}.md", day=f"2024-01-{n:02}", tags=("t",)) for n in range(1, 26)
    ]
    site = site_of(
        *posts,
        document("content/poems/p.md", "poem", "2020-01-01"),
        document("content/posts/undated.md", tags=("never",)),
        document("content/about.md", "page", "2024-05-05", tags=("t",)),
    )
    feeds = {each.output: each for each in site.feeds}
    assert set(feeds) == {"feed", "poems", "tags/t/feed"}
    assert feeds["feed"].entries[0] == "content/posts/25.md"
    assert len(feeds["feed"].entries) == 20
    assert (feeds["feed"].id, feeds["feed"].url) == ("https://example.org/", "/")
    assert feeds["poems"].entries == ("content/poems/p.md",)
    assert feeds["poems"].url == "/poems/"
    assert feeds["tags/t/feed"].id == "https://example.org/tags/t/feed.xml"
    assert listing(site, "/poems/").feed == "/poems.xml"
    assert listing(site, "/tags/t/").feed == "/tags/t/feed.xml"
    assert listing(site, "/tags/never/").feed is None


# --- aliases ---------------------------------------------------------------------------------


def test_an_alias_redirects_to_its_page() -> None:
    source = document("content/a.md", aliases=("/old/", "old.html"))
    redirects = site_of(source).redirects
    assert [(each.output, each.url, each.target) for each in redirects] == [
        ("old/index.html", "/old/", "/a/"),
        ("old.html", "/old.html", "/a/"),
    ]


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("/a/", 'the alias "/a/" is the address of the page itself'),
        ("/b/", '"/b/" is the address of both content/b.md and an alias of content/a.md'),
        (
            "/c/",
            '"/c/" is the address of both an alias of content/a.md and an alias of content/b.md',
        ),
        ("https://elsewhere.example/x", "names another host"),
        ("/../x/", 'leaves its folder by ".."'),
    ],
)
def test_an_alias_that_cannot_be_is_an_error(alias: str, message: str) -> None:
    site = site_of(
        document("content/a.md", aliases=(alias,)), document("content/b.md", aliases=("/c/",))
    )
    (problem,) = site.problems
    assert message in problem.message
    assert problem.span is not None


# --- what is left out ------------------------------------------------------------------------

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def test_drafts_and_future_posts_are_left_out_and_named() -> None:
    sources = [
        document("content/now.md", day="2024-06-01"),
        document("content/draft.md", day="2024-01-01", draft=True),
        document("content/later.md", day="2024-06-02"),
        document("content/undated.md"),
    ]
    published, left_out = select(sources, now=NOW, timezone="Europe/Paris")
    assert [each.path for each in published] == ["content/now.md", "content/undated.md"]
    assert {each.path: each.why for each in left_out} == {
        "content/draft.md": "it is a draft; it will appear when `draft: true` is taken out",
        "content/later.md": "its date is in the future;"
        " it will appear on 2024-06-02 00:00 (Europe/Paris)",
    }
    everything, nothing = select(sources, now=NOW, timezone="UTC", drafts=True, future=True)
    assert (len(everything), nothing) == (4, ())


@pytest.mark.parametrize(
    ("zone", "hour", "count"),
    [("Asia/Tokyo", 14, 0), ("Asia/Tokyo", 15, 1), ("UTC", 23, 0), ("UTC", 24, 1)],
)
def test_a_calendar_day_begins_at_midnight_in_the_sites_zone(
    zone: str, hour: int, count: int
) -> None:
    source = document("content/a.md", day="2024-06-02")
    now = datetime(2024, 6, 1, tzinfo=timezone(timedelta(hours=0))) + timedelta(hours=hour)
    assert len(select([source], now=now, timezone=zone)[0]) == count
