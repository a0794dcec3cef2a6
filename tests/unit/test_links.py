"""What a link leads to, and what is said of one that leads nowhere."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from msgspec.structs import replace

from sitegen.model import Asset, Config, ImageFile, LeftOut, Line, Site, Stanza, Verse, VerseSlot
from sitegen.site import assemble
from tests.documents import CONFIG, asset, document, messages, site_of

OTHERS = (
    document("content/posts/attention.md", day="2024-01-01", anchors=["scale", "größe"]),
    document("content/posts/index.md", "page", anchors=["intro"]),
    document("content/notes/with space.md", "page", slug="with-space"),
    document("content/poems/snow.md", "poem", aliases=("/old/",), tags=("t",)),
    document("content/poems/renamed.md", "poem", permalink="/elsewhere/"),
)
ASSETS = [asset("content/posts/pic 1.png"), asset("content/archive/x.csv")]
BLOG = replace(CONFIG, url="https://example.org/blog/", base="/blog/")


def resolved(*targets: str, config: Config = CONFIG, **others: Any) -> tuple[Site, tuple[str, ...]]:
    """The addresses of links in `content/posts/a.md`, and the site that they are in."""
    source = document("content/posts/a.md", day="2024-02-02", links=targets, anchors=["own"])
    site = site_of(source, *OTHERS, config=config, assets=ASSETS, static=["style.css"], **others)
    return site, site.pages["content/posts/a.md"].links


@pytest.mark.parametrize(
    ("target", "url"),
    [
        # by source
        ("attention.md", "/posts/attention/"),
        ("./attention.md#scale", "/posts/attention/#scale"),
        ("../posts/attention.md", "/posts/attention/"),
        ("../poems/renamed.md", "/elsewhere/"),
        ("attention", "/posts/attention/"),
        ("/posts/attention.md", "/posts/attention/"),
        ("/poems/renamed", "/elsewhere/"),
        ("index.md", "/posts/"),
        ("./", "/posts/"),
        ("../notes/with%20space.md", "/notes/with-space/"),
        ("../notes/with space.md", "/notes/with-space/"),
        # by address
        ("/posts/attention/", "/posts/attention/"),
        ("/posts/attention", "/posts/attention/"),
        ("/posts/attention/index.html", "/posts/attention/"),
        ("/posts/attention/index.md", "/posts/attention/index.md"),
        ("/elsewhere/", "/elsewhere/"),
        ("/", "/"),
        ("/archive/", "/archive/"),
        ("../tags/t/", "/tags/t/"),
        ("/tags/", "/tags/"),
        ("/old/", "/old/"),
        ("/feed.xml", "/feed.xml"),
        ("/sitemap.xml", "/sitemap.xml"),
        ("/style.css?v=2", "/style.css?v=2"),
        ("https://example.org/posts/attention/#scale", "/posts/attention/#scale"),
        ("HTTPS://EXAMPLE.ORG/elsewhere/", "/elsewhere/"),
        ("//example.org", "/"),
        # files
        ("pic 1.png", "/posts/pic%201.png"),
        ("/archive/x.csv", "/archive/x.csv"),
        ("../archive/x.csv", "/archive/x.csv"),
        # fragments
        ("#own", "/posts/a/#own"),
        ("#", "/posts/a/#"),
        ("#top", "/posts/a/#top"),
        ("attention.md#gr%C3%B6%C3%9Fe", "/posts/attention/#gr%C3%B6%C3%9Fe"),
        ("attention.md#größe", "/posts/attention/#gr%C3%B6%C3%9Fe"),
        ("attention.md#:~:text=love", "/posts/attention/#:~:text=love"),
        ("/archive/#2024", "/archive/#2024"),
    ],
)
def test_a_link_leads_to_its_target(target: str, url: str) -> None:
    site, links = resolved(target)
    assert (links, messages(site)) == ((url,), [])


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/x?y#z", "//cdn.example/x", "mailto:a@example.org", "tel:+123"],
)
def test_a_link_out_of_the_site_stays_as_it_was_typed(target: str) -> None:
    site, links = resolved(target)
    assert (links, messages(site)) == ((target,), [])


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("attention.md", "/blog/posts/attention/"),
        ("/posts/attention/", "/blog/posts/attention/"),
        ("/blog/posts/attention/", "/blog/posts/attention/"),
        ("/blog/", "/blog/"),
        ("/blog", "/blog/"),
        ("https://example.org/blog/posts/attention", "/blog/posts/attention/"),
        ("https://example.org/shop/", "https://example.org/shop/"),
    ],
)
def test_the_base_path_may_be_typed_or_not(target: str, url: str) -> None:
    site, links = resolved(target, config=BLOG)
    assert (links, messages(site)) == ((url,), [])


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        (
            "../posts/atention.md",
            '"../posts/atention.md" leads to nothing: there is no content/posts/atention.md',
            'did you mean "attention.md"?',
        ),
        (
            "snow.md",
            '"snow.md" leads to nothing: there is no content/posts/snow.md',
            'did you mean "../poems/snow.md"?',
        ),
        ("Attention.md", '"Attention.md" leads', 'did you mean "attention.md"?'),
        ("pic1.png", '"pic1.png" leads', 'did you mean "pic 1.png"?'),
        (
            "attention.md#scal",
            'there is no "#scal" in content/posts/attention.md',
            'did you mean "#scale"?',
        ),
        ("#nothing-like-it", 'there is no "#nothing-like-it" in content/posts/a.md', None),
        ("/zzz/", '"/zzz/" leads to nothing: no page, file or alias of the site is there', None),
        ("../../README.md", '"../../README.md" leads out of content/', "link to a source"),
        ("", "this link has no address", "write where it leads"),
        ("example.com/x", '"example.com/x" leads to nothing', "an address on another host"),
        ("javascript:alert(1)", '"javascript:alert(1)" runs a script', None),
        (" jAva\tscript:alert(1)", "runs a script", None),
        ("file:///etc/passwd", "leads to a file on your own computer", None),
        ("http://[", '"http://[" is not a valid address', None),
    ],
)
def test_a_link_to_nothing_is_an_error_at_its_place(
    target: str, message: str, hint: str | None
) -> None:
    site, _ = resolved(target)
    (problem,) = site.problems
    assert (problem.kind, problem.severity) == ("LinkError", "error")
    assert message in problem.message
    assert problem.span
    assert (problem.span.line, problem.span.column, problem.span.length) == (7, 3, len(target))
    assert (problem.hint or "").startswith(hint or "")
    assert bool(problem.hint) == bool(hint)


def test_a_refused_link_is_not_published() -> None:
    assert resolved("javascript:alert(1)", "http://[")[1] == ("#", "#")


def test_a_whole_address_of_this_site_where_nothing_is_gets_a_warning() -> None:
    site, links = resolved("https://example.org/shop/")
    assert links == ("https://example.org/shop/",)
    assert [problem.severity for problem in site.problems] == ["warning"]


@pytest.mark.parametrize("target", ["hidden.md", "hidden", "/posts/hidden/", "hidden.md#x"])
def test_a_link_to_a_draft_says_so(target: str) -> None:
    left_out = [LeftOut(path="content/posts/hidden.md", why="it is a draft")]
    site, _ = resolved(target, left_out=left_out)
    assert len(messages(site)) == 1
    assert messages(site)[0].endswith("which is not published: it is a draft")


def test_a_link_to_a_source_with_an_error_of_its_own_is_not_reported_too() -> None:
    site, links = resolved("broken.md", failed=["content/posts/broken.md"])
    assert (links, messages(site)) == (("broken.md",), [])


def test_a_line_of_a_poem_can_be_linked_to() -> None:
    lines = tuple(Line(number=n, indent=0, body=("x",)) for n in (1, 2))
    poem = VerseSlot(verse=Verse(blocks=(Stanza(lines=lines),)))
    site = site_of(
        document("content/p.md", "poem", body=[poem]),
        document("content/a.md", links=["p.md#L2", "p.md#L3"]),
    )
    assert messages(site) == ['there is no "#L3" in content/p.md']


def test_a_name_typed_with_composed_accents_finds_a_file_with_others() -> None:
    site = site_of(
        document("content/cafe\u0301.md", slug="x"),
        document("content/a.md", links=["caf\u00e9.md", "cafe\u0301.md"]),
    )
    assert (site.pages["content/a.md"].links, messages(site)) == (("/x/", "/x/"), [])


# --- images ----------------------------------------------------------------------------------


def test_an_image_has_its_published_address_and_its_size() -> None:
    source = document(
        "content/posts/a.md",
        images=["pic 1.png", "/pic.png", "https://x.example/y.png", "data:image/png;base64,x"],
        image="pic 1.png",
    )
    site = site_of(source, assets=ASSETS, static={"pic.png": asset("pic.png")})
    page = site.pages["content/posts/a.md"]
    assert messages(site) == []
    assert page.images == (
        ImageFile(src="/posts/pic%201.png", width=40, height=30),
        ImageFile(src="/pic.png", width=40, height=30),
        ImageFile(src="https://x.example/y.png"),
        ImageFile(src="data:image/png;base64,x"),
    )
    assert page.image == page.images[0]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("pic2.png", '"pic2.png" leads to nothing: there is no content/posts/pic2.png'),
        ("a.md", '"a.md" is a page, not an image'),
    ],
)
def test_an_image_that_is_not_there_is_an_error_at_its_place(target: str, message: str) -> None:
    site = site_of(document("content/posts/a.md", images=[target]), assets=ASSETS)
    assert [(each.message, each.span and each.span.line) for each in site.problems] == [
        (message, 9)
    ]
    site = site_of(document("content/posts/a.md", image=target), assets=ASSETS)
    assert [(each.message, each.span and each.span.line) for each in site.problems] == [
        (message, 2)
    ]


def test_an_image_is_measured_once() -> None:
    measured: list[str] = []

    def measure(image: Asset) -> None:
        measured.append(image.path)

    sources = [document(f"content/{n}.md", images=["/pic.png"] * 2) for n in range(3)]
    assemble(sources, CONFIG, [asset("content/pic.png")], measure)
    assert measured == ["content/pic.png"]


# --- cost ------------------------------------------------------------------------------------


def test_thousands_of_broken_links_among_thousands_of_pages_are_found_quickly() -> None:
    pages = [
        document(f"content/posts/2024-01-01-{n}-word.md", links=[f"nothing-{n}.md", "#none"])
        for n in range(3000)
    ]
    started = process_time()
    assert len(messages(site_of(*pages))) == 6000
    assert process_time() - started < 10
