"""What holds of every site, however odd its names, dates and links are."""

from __future__ import annotations

import json
from posixpath import dirname, normpath, relpath
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sitegen import feeds
from sitegen.model import Config, Document, Site
from sitegen.slugs import slugify
from tests.documents import CONFIG, document, site_of

ODD = st.text(st.sampled_from("aB/.\\ é\u0301ß日%2eE{}#?:\0\n\"'<&-_~"), max_size=12)
NAMES = st.sampled_from(
    ["a", "B", "b", "con", "index", "page", "é", "e\u0301", "x y", "ly..", "日"]
)
DAYS = st.none() | st.dates().map(str)
TARGETS = ODD | st.sampled_from(["a.md", "../a.md#L1", "/tags/", "//x", "http://[", "?", "#", "./"])


@st.composite
def sources(draw: st.DrawFn, odd: st.SearchStrategy[str] = ODD) -> Document:
    folders = draw(st.lists(NAMES, max_size=2))
    meta: dict[str, Any] = {}
    for field in ("slug", "permalink", "image"):
        if draw(st.booleans()) and draw(st.booleans()):
            meta[field] = draw(odd)
    if "slug" in meta:  # as front matter leaves it
        meta["slug"] = slugify(meta["slug"]) or "a"
    return document(
        "/".join(["content", *folders, draw(NAMES)]) + ".md",
        draw(st.sampled_from(["post", "poem", "page"])),
        draw(DAYS),
        tags=tuple(draw(st.lists(NAMES | odd.filter(bool), max_size=2))),
        aliases=tuple(draw(st.lists(odd, max_size=2))),
        links=draw(st.lists(TARGETS, max_size=3)),
        images=draw(st.lists(TARGETS, max_size=1)),
        **meta,
    )


def path_of(document: Document) -> str:
    """Paths that differ only in how an accent is composed are one file to a link."""
    return normalize("NFC", document.path)


DOCUMENTS = st.lists(sources(), max_size=6, unique_by=path_of)
PLAIN = st.lists(sources(st.just("x")), max_size=9, unique_by=path_of)
CONFIGS = st.sampled_from(
    [CONFIG, replace(CONFIG, url="https://example.org/b/", base="/b/", paginate=1)]
)


def outputs(site: Site) -> list[str]:
    """Every file that the site will write, but for those beside pages."""
    intros = {listing.intro for listing in site.listings}
    pages = [page.output for path, page in site.pages.items() if path not in intros]
    lists = [listing.output for listing in site.listings]
    return pages + lists + [redirect.output for redirect in site.redirects]


@given(DOCUMENTS, CONFIGS)
def test_nothing_is_published_outside_of_the_output_folder(
    documents: list[Document], config: Config
) -> None:
    site = site_of(*documents, config=config)
    for output in outputs(site):
        assert normpath(f"/root/{output}").startswith("/root/")
    if not any(problem.kind == "RouteError" for problem in site.problems):
        for output in outputs(site):
            assert normpath(output) == output == normalize("NFC", output)
            assert not set(output) & set("\0\n\\?#")


@given(DOCUMENTS)
def test_a_site_without_route_errors_has_no_two_files_at_one_address(
    documents: list[Document],
) -> None:
    site = site_of(*documents)
    if not any(problem.kind == "RouteError" for problem in site.problems):
        same = [normalize("NFC", output.casefold()) for output in outputs(site)]
        assert len(set(same)) == len(same)


@given(DOCUMENTS, CONFIGS)
def test_an_address_is_ascii_and_decodes_to_its_output(
    documents: list[Document], config: Config
) -> None:
    site = site_of(*documents, config=config)
    for page in site.pages.values():
        assert page.url.isascii()
        assert page.url.startswith(config.base)
        path = unquote(page.url.removeprefix(config.base))
        assert page.output == (f"{path}index.html" if not path or path[-1] == "/" else path)


@given(DOCUMENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_documents_come_does_not_matter(
    documents: list[Document], random: Any
) -> None:
    shuffled = documents.copy()
    random.shuffle(shuffled)
    assert site_of(*documents) == site_of(*shuffled)


@given(DOCUMENTS)
def test_every_problem_has_words_and_a_place_in_a_source(documents: list[Document]) -> None:
    site = site_of(*documents)
    paths = {document.path for document in documents}
    for problem in site.problems:
        assert problem.message
        assert problem.span is None or problem.span.path in paths


@given(DOCUMENTS, CONFIGS)
def test_neighbours_point_at_each_other(documents: list[Document], config: Config) -> None:
    pages = site_of(*documents, config=config).pages
    for path, page in pages.items():
        if page.next:
            back = pages[page.next.path].previous
            assert back
            assert back.path == path
            assert page.next.kind == page.document.meta.kind


@given(DOCUMENTS, CONFIGS)
def test_the_pages_of_a_listing_hold_each_entry_once(
    documents: list[Document], config: Config
) -> None:
    site = site_of(*documents, config=config)
    archive = [entry for each in site.listings if each.kind == "archive" for entry in each.entries]
    home = [entry for each in site.listings if each.kind == "home" for entry in each.entries]
    assert home == archive or not archive  # a site of pages only shows them at home
    assert len({entry.path for entry in home}) == len(home)


@given(PLAIN, CONFIGS)
def test_every_source_can_be_linked_to_from_every_other(
    documents: list[Document], config: Config
) -> None:
    targets = [document.path for document in documents]
    linking = [
        document(
            each.path,
            each.meta.kind,
            slug=each.meta.slug,
            links=[quote(relpath(target, dirname(each.path))) for target in targets],
        )
        for each in documents
    ]
    site = site_of(*linking, config=config)
    assert not [problem for problem in site.problems if problem.kind == "LinkError"]
    for page in site.pages.values():
        assert list(page.links) == [site.pages[target].url for target in targets]


@given(DOCUMENTS, CONFIGS)
def test_every_feed_parses_and_its_times_are_those_of_its_entries(
    documents: list[Document], config: Config
) -> None:
    site = site_of(*documents, config=config)
    for feed in site.feeds:
        atom, as_json = feeds.render_feed(site, feed)
        root = ET.fromstring(atom.data or b"")  # noqa: S314 - we wrote it
        name = "{http://www.w3.org/2005/Atom}"
        times = [entry.findtext(f"{name}updated") for entry in root.iter(f"{name}entry")]
        assert root.findtext(f"{name}updated") in times
        assert len(times) == len(feed.entries)
        assert len(json.loads(as_json.data or b"")["items"]) == len(feed.entries)
    feeds.sitemap(feeds.locations(site), site.info.url)
