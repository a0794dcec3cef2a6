from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from sitegen.budget import time_limit
from sitegen.errors import Span, TemplateError
from sitegen.model import (
    Artifact,
    Document,
    Line,
    Listing,
    ListingKind,
    Meta,
    Moment,
    NavLink,
    NoteSlot,
    Origin,
    Page,
    PageRef,
    Redirect,
    Site,
    SiteInfo,
    Stanza,
    TagLink,
    TagRef,
    Verse,
    VerseSlot,
)
from sitegen.templates import (
    Theme,
    load_theme,
    render_listing,
    render_not_found,
    render_page,
    render_redirect,
)
from sitegen.templates.filters import by_year, day, direction, iso
from sitegen.templates.filters import date as shown_date
from tests.sites import make_site

TEMPLATES = Path(__file__).parents[2] / "templates"
ASSETS = {
    "style.css": "/blog/style.0123.css",
    "notation.css": "/blog/notation.0123.css",
    "lists.css": "/blog/lists.0123.css",
    "theme.js": "/blog/theme.0123.js",
    "favicon.svg": "/blog/favicon.svg",
}
INFO = SiteInfo(
    title="Rows & Sums",
    url="https://example.org/blog/",
    base="/blog/",
    description="Essays and poems.",
    author="A. Writer",
    language="en",
    timezone="UTC",
    navigation=(
        NavLink(title="Essays", url="/blog/essays/"),
        NavLink(title="Archive", url="/blog/archive/"),
    ),
    feed="/blog/feed.xml",
)
VERSE = VerseSlot(
    verse=Verse(
        blocks=(
            Stanza(
                lines=(
                    Line(
                        number=1,
                        indent=0,
                        body=("so much", NoteSlot(number=1, body=("on it",), simple=True)),
                    ),
                    Line(number=2, indent=4, body=("depends",)),
                )
            ),
        )
    )
)


@pytest.fixture(scope="module")
def theme() -> Theme:
    return load_theme([TEMPLATES], ASSETS)


def page(meta: Meta, *, origins: Mapping[str, Origin] | None = None, **parts: object) -> Page:
    body = (VERSE,) if meta.kind == "poem" else ("<p>Attention is all.</p>",)
    document = Document(
        path=f"content/{meta.slug}.md",
        digest="",
        meta=meta,
        origins=origins or {},
        body=body,
        lead=body,
    )
    url = f"/blog/{meta.slug}/"
    return Page(
        url=url,
        output=f"{meta.slug}/index.html",
        document=document,
        links=(),
        images=(),
        source_url=f"{url}index.md",
        **parts,  # type: ignore[arg-type]
    )


def site(*pages: Page, **parts: object) -> Site:
    return Site(
        info=INFO,
        pages={each.document.path: each for each in pages},
        listings=(),
        redirects=(),
        feeds=(),
        assets=(),
        **parts,  # type: ignore[arg-type]
    )


def reference(title: str, day_of_it: date | None) -> PageRef:
    moment = Moment(day=day_of_it) if day_of_it else None
    return PageRef(
        path=f"content/{title}.md",
        url=f"/blog/{title}/",
        title=title,
        kind="post",
        date=moment,
        description="",
    )


def listing(kind: ListingKind, *entries: PageRef, **parts: object) -> Listing:
    return Listing(
        kind=kind,
        url="/blog/",
        output="index.html",
        title=kind.title(),
        entries=entries,
        **parts,  # type: ignore[arg-type]
    )


def text(artifact: Artifact) -> str:
    assert artifact.data is not None
    return artifact.data.decode()


def essay(title: str = "On <looking>", **parts: object) -> Meta:
    given = {"kind": "post", "slug": "looking", "date": Moment(day=date(2026, 5, 14)), **parts}
    return Meta(title=title, **given)  # type: ignore[arg-type]


# --- pages -----------------------------------------------------------------------------------


class Outline(HTMLParser):
    """Which elements a page has, and whether they are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "img", "input", "br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def having(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.seen
            if name == tag and attributes.items() <= found.items()
        ]


def test_a_page_has_landmarks_and_closes_what_it_opens(theme: Theme) -> None:
    for kind in ("post", "poem", "page"):
        own = page(essay(kind=kind))
        outline = Outline(text(render_page(theme, site(own), own)))
        assert outline.open == []
        assert [len(outline.having(tag)) for tag in ("main", "nav", "h1")] == [1, 1, 1]
        assert outline.having("a", href="#page.main")
        assert outline.having("main", id="page.main")


def test_the_writers_text_is_escaped(theme: Theme) -> None:
    own = page(essay(title='"><script>alert(1)</script>{{ 7*7 }}', description='a "quoted" <b>'))
    html = text(render_page(theme, site(own), own))
    assert "<script>" not in html
    assert "{{ 7*7 }}" in html
    assert Outline(html).having("meta", name="description", content='a "quoted" <b>')


def test_a_page_written_from_right_to_left_says_so_and_what_surrounds_it_does_not(
    theme: Theme,
) -> None:
    own = page(essay(language="he"))
    outline = Outline(text(render_page(theme, site(own), own)))
    assert outline.having("html", lang="he", dir="rtl")
    for name, kind in (("a", "skip"), ("header", "site"), ("footer", "site")):
        assert outline.having(name, **{"class": kind, "lang": "en", "dir": "ltr"})
    own = page(essay(language="de"))
    assert "dir=" not in text(render_page(theme, site(own), own))


def test_the_words_before_and_after_are_in_the_language_of_the_site(theme: Theme) -> None:
    own = msgspec.structs.replace(
        page(essay(language="de")), previous=reference("One", date(2026, 1, 1))
    )
    outline = Outline(text(render_page(theme, site(own), own)))
    assert outline.having("nav", **{"class": "neighbours", "lang": "en"})


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("he", "rtl"),
        ("ar-EG", "rtl"),
        ("fa", "rtl"),
        ("az-Arab-IR", "rtl"),
        ("en", "ltr"),
        ("ks-Deva", "ltr"),
        ("ur-Latn", "ltr"),
        ("de-AT", "ltr"),
    ],
)
def test_a_language_is_written_from_one_side(language: str, shown: str) -> None:
    assert direction(language) == shown


def test_a_page_says_where_it_is_and_what_else_it_is(theme: Theme) -> None:
    own = page(essay(language="de"))
    outline = Outline(text(render_page(theme, site(own), own)))
    assert outline.having("html", lang="de")
    assert outline.having("link", rel="canonical", href="https://example.org/blog/looking/")
    alternates = {each["type"]: each["href"] for each in outline.having("link", rel="alternate")}
    assert alternates == {
        "application/atom+xml": "/blog/feed.xml",
        "application/feed+json": "/blog/feed.json",
        "text/markdown": "/blog/looking/index.md",
    }
    assert outline.having("meta", property="og:type", content="article")
    assert outline.having("link", rel="stylesheet", href="/blog/style.0123.css")


def test_no_page_has_a_script_but_that_of_the_colours_or_a_style_attribute(theme: Theme) -> None:
    own = page(essay())
    outline = Outline(text(render_page(theme, site(own), own)))
    scripts = [{"src": "/blog/theme.0123.js"}, {"type": "application/ld+json"}]
    assert outline.having("script") == scripts
    assert not any("style" in attributes for _, attributes in outline.seen)


def test_only_a_description_that_somebody_wrote_is_shown(theme: Theme) -> None:
    meta = essay(description="One sentence.")
    made = page(meta, origins={"description": Origin(text="the first paragraph")})
    typed = page(meta, origins={"description": Origin(text="front matter", span=Span("a", 2))})
    assert "p-summary" not in text(render_page(theme, site(made), made))
    assert "p-summary" in text(render_page(theme, site(typed), typed))


def test_a_draft_is_kept_from_search_engines_and_says_so(theme: Theme) -> None:
    own = page(essay(draft=True))
    outline = Outline(text(render_page(theme, site(own), own)))
    assert outline.having("meta", name="robots", content="noindex")
    assert outline.having("span", **{"class": "draft"})


def test_tags_and_neighbours_are_links(theme: Theme) -> None:
    own = page(
        essay(),
        tags=(TagLink(name="close reading", url="/blog/tags/close-reading/"),),
        previous=reference("before", date(2026, 1, 1)),
        next=reference("after", date(2026, 6, 1)),
    )
    outline = Outline(text(render_page(theme, site(own), own)))
    assert outline.having("a", rel="tag", href="/blog/tags/close-reading/")
    assert outline.having("a", rel="prev", href="/blog/before/")
    assert outline.having("a", rel="next", href="/blog/after/")


def test_an_artifact_names_its_source_before_its_templates(theme: Theme) -> None:
    own = page(essay())
    made = render_page(theme, site(own), own)
    assert made.path == "looking/index.html"
    assert made.made_from[0] == "content/looking.md"
    assert {"templates/essay.html", "templates/page.html", "templates/base.html"} <= set(
        made.made_from
    )
    assert "templates/home.html" not in made.made_from


# --- lists -----------------------------------------------------------------------------------


def test_home_shows_the_newest_and_lists_the_others(theme: Theme) -> None:
    prose, verse = page(essay()), page(essay(title="Wheel", kind="poem", slug="wheel"))
    entries = [
        reference("looking", date(2026, 5, 14)),
        reference("older", date(2024, 1, 1)),
        reference("undated", None),
    ]
    whole = site(prose, verse, featured=("content/looking.md", "content/wheel.md"))
    html = text(render_listing(theme, whole, listing("home", *entries)))
    assert "Attention is all." in html
    assert "depends" in html
    assert html.count('href="/blog/looking/"') == 1, "the title: there is no more, and no entry"
    assert html.index("/blog/older/") < html.index("/blog/undated/")
    second = listing("home", *entries, number=2, count=2, newer="/blog/")
    assert "Attention is all." not in text(render_listing(theme, whole, second))


def test_who_has_read_all_of_it_is_not_asked_to_read_on(tmp_path: Path) -> None:
    whole = "== content/poems/a.md\n---\ndate: 2026-01-01\n---\nOne line\nand another\n"
    assert "Read on" not in make_site(tmp_path / "one", whole).text("index.html")
    assert "Read on" in make_site(tmp_path / "two", f"{whole}\nand more\n").text("index.html")


def test_a_beginning_on_the_home_page_has_ids_of_its_own(theme: Theme) -> None:
    verse = page(essay(kind="poem"))
    html = text(
        render_listing(theme, site(verse, featured=("content/looking.md",)), listing("home"))
    )
    assert "so much" in html
    assert 'id="lead.1.L2"' in html


@pytest.mark.parametrize("kind", ["home", "section", "archive", "tags", "tag"])
def test_an_empty_list_is_a_page_that_says_so(theme: Theme, kind: ListingKind) -> None:
    outline = Outline(text(render_listing(theme, site(), listing(kind))))
    assert outline.open == []
    assert outline.having("p", **{"class": "empty"})
    assert not outline.having("ul", **{"class": "entries"})


def test_a_list_knows_its_other_pages(theme: Theme) -> None:
    middle = listing("section", number=2, count=3, newer="/blog/", older="/blog/page/3/")
    outline = Outline(text(render_listing(theme, site(), middle)))
    assert outline.having("a", rel="prev", href="/blog/")
    assert outline.having("a", rel="next", href="/blog/page/3/")


def test_an_introduction_stands_on_the_first_page_only(theme: Theme) -> None:
    own = page(essay(slug="index", kind="page"))
    for number in (1, 2):
        one = listing("section", intro="content/index.md", number=number, count=2)
        html = text(render_listing(theme, site(own), one))
        assert ("Attention is all." in html) == (number == 1)


def test_tags_are_listed_with_their_numbers(theme: Theme) -> None:
    tag = TagRef(name="Blick & Wort", url="/blog/tags/blick/", count=12)
    html = text(render_listing(theme, site(), listing("tags", tags=(tag,))))
    assert "Blick &amp; Wort" in html
    assert ">12<" in html


def test_a_redirect_sends_on_at_once_and_is_not_indexed(theme: Theme) -> None:
    redirect = Redirect(
        output="old/index.html", url="/blog/old/", target="/blog/x/?a&b", source="content/x.md"
    )
    made = render_redirect(theme, site(), redirect)
    outline = Outline(text(made))
    assert outline.having("meta", content="0; url=/blog/x/?a&b")
    assert outline.having("link", rel="canonical", href="https://example.org/blog/x/?a&b")
    assert outline.having("meta", name="robots", content="noindex")
    assert made.made_from[0] == "content/x.md"


def test_the_missing_page_leads_home_and_to_the_archive(theme: Theme) -> None:
    made = render_not_found(theme, site())
    outline = Outline(text(made))
    assert made.path == "404.html"
    assert outline.having("a", href="/blog/")
    assert outline.having("a", href="/blog/archive/")
    assert not outline.having("link", rel="canonical")


# --- what templates may call -----------------------------------------------------------------


def test_dates_are_written_out_in_english_and_as_numbers_elsewhere() -> None:
    moment = Moment(day=date(2026, 5, 4))
    assert [shown_date(moment), shown_date(moment, "en-GB"), day(moment)] == [
        "4 May 2026",
        "4 May 2026",
        "4 May",
    ]
    assert [shown_date(moment, "de"), day(moment, "de")] == ["2026-05-04", "05-04"]


def test_a_moment_with_a_time_keeps_it() -> None:
    at = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
    assert iso(Moment(day=at.date(), at=at)) == "2026-05-04T10:30:00+00:00"
    assert iso(Moment(day=at.date())) == "2026-05-04"


def test_years_keep_the_order_of_their_entries() -> None:
    entries = [
        reference("c", date(2026, 2, 1)),
        reference("b", date(2026, 1, 1)),
        reference("a", None),
    ]
    assert [(year, len(group)) for year, group in by_year(entries)] == [(2026, 2), (None, 1)]


# --- themes ----------------------------------------------------------------------------------


def write(folder: Path, **templates: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in templates.items():
        (folder / f"{name}.html").write_text(source, encoding="utf-8")
    return folder


def test_a_sites_template_overrides_the_themes(tmp_path: Path) -> None:
    own = write(tmp_path / "templates", page="<title>Mine: {{ title }}</title>")
    theme = load_theme([TEMPLATES, own], ASSETS)
    shown = page(essay(kind="page"))
    assert text(render_page(theme, site(shown), shown)) == "<title>Mine: On &lt;looking&gt;</title>"


def test_a_folder_that_is_not_there_is_an_empty_one(theme: Theme, tmp_path: Path) -> None:
    assert load_theme([TEMPLATES, tmp_path / "none"], ASSETS).reach == theme.reach


def fault(tmp_path: Path, source: str) -> TemplateError:
    """The mistake in a page template."""
    folder = write(tmp_path / "templates", page=source)
    own = page(essay(kind="page"))
    with pytest.raises(TemplateError) as caught:
        render_page(load_theme([TEMPLATES, folder], ASSETS), site(own), own)
    assert caught.value.page == "content/looking.md"
    return caught.value


def syntax_faults(tmp_path: Path, **templates: str) -> list[TemplateError]:
    with pytest.raises(ExceptionGroup) as caught:
        load_theme([write(tmp_path / "templates", **templates)], ASSETS)
    errors = [error for error in caught.value.exceptions if isinstance(error, TemplateError)]
    assert len(errors) == len(caught.value.exceptions)
    return errors


def test_all_templates_with_wrong_syntax_are_named_at_once(tmp_path: Path) -> None:
    errors = syntax_faults(tmp_path, a="x\n  {% if %}", b="{{ title", c="fine")
    spans = [(error.span.path, error.span.line) for error in errors if error.span]
    assert spans == [("templates/a.html", 2), ("templates/b.html", 1)]


def test_an_unknown_filter_is_found_before_any_page_is_rendered(tmp_path: Path) -> None:
    (error,) = syntax_faults(tmp_path, a="<p>\n{{ title|uper }}")
    assert error.message == 'there is no filter "uper" here'
    assert error.span == Span("templates/a.html", 2, 10, 4)
    assert error.hint
    assert error.hint.startswith('did you mean "upper"?')


def test_a_misspelt_name_is_shown_with_the_one_that_was_meant(tmp_path: Path) -> None:
    error = fault(tmp_path, "<h1>\n  {{ titel }}")
    assert error.message == 'there is no name "titel" here'
    assert error.span == Span("templates/page.html", 2, 6, 5)
    assert error.hint
    assert error.hint.startswith('did you mean "title"?')


def test_a_misspelt_field_is_shown_with_the_one_that_was_meant(tmp_path: Path) -> None:
    error = fault(tmp_path, "{{ meta.titel }}")
    assert error.message == 'Meta has no "titel"'
    assert error.span == Span("templates/page.html", 1, 9, 5)
    assert error.hint
    assert error.hint.startswith('did you mean "title"?')


def test_a_mistake_in_an_included_template_is_shown_there(tmp_path: Path) -> None:
    write(tmp_path / "templates", part="\n\n{{ nothing }}")
    error = fault(tmp_path, "{% include 'part.html' %}")
    assert error.span == Span("templates/part.html", 3, 4, 7)


def test_a_missing_include_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    error = fault(tmp_path, "<p>\n{% include 'macro.html' %}")
    assert error.message == 'there is no template "macro.html" here'
    assert error.span == Span("templates/page.html", 2, 13, 10)
    assert error.hint
    assert error.hint.startswith('did you mean "macros.html"?')


def test_a_missing_macro_is_shown_with_the_others(tmp_path: Path) -> None:
    error = fault(tmp_path, "{% import 'macros.html' as m %}\n{{ m.pagerr(1) }}")
    assert error.span
    assert error.span.line == 2
    assert error.hint
    assert error.hint.startswith('did you mean "pager"?')


def test_a_missing_static_file_is_shown_with_the_one_that_was_meant(tmp_path: Path) -> None:
    error = fault(tmp_path, "{{ asset('stile.css') }}")
    assert 'did you mean "style.css"?' in error.message


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [0] * 10**9 }}",
        "{{ 9 ** 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '{:999999999}'.format(1) }}",
        "{{ 'a'.ljust(10**9) }}",
        "{% set t = namespace(x='aa') %}" + 99 * "{% set t.x = t.x ~ t.x %}",
        "{% set t = namespace(x='aa') %}" + 99 * "{% set t.x = t.x + t.x %}",
        "{% set t = namespace(x='aa') %}" + 99 * "{% set t.x %}{{ t.x }}{{ t.x }}{% endset %}",
        "{% for i in range(10**9) %}{% endfor %}",
        "{% for i in range(9999) %}{{ 'a' * 99999 }}{% endfor %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ title.__class__.__mro__ }}",
        "{{ title + 1 }}",
        "{{ page.document.meta.extra.update({}) }}",
    ],
)
def test_an_expression_beyond_its_budget_or_its_rights_is_refused(
    tmp_path: Path, source: str
) -> None:
    error = fault(tmp_path, f"<p>\n{source}")
    assert error.span
    assert (error.span.path, error.span.line) == ("templates/page.html", 2)


def test_a_loop_that_does_not_end_is_stopped_at_its_line(tmp_path: Path) -> None:
    loop = "{% for a in range(99999) %}\n{% for b in range(99999) %}\n{% endfor %}\n{% endfor %}"
    with time_limit(0.2):
        error = fault(tmp_path, loop)
    assert "too long" in error.message
    assert error.span
    assert error.span.line in {1, 2}


@pytest.mark.parametrize("name", ["lipsum", "center", "random"])
def test_what_widens_or_varies_is_not_there(tmp_path: Path, name: str) -> None:
    source = "{{ lipsum() }}" if name == "lipsum" else "{{ title|" + name + " }}"
    folder = write(tmp_path / "templates", page=source)
    own = page(essay(kind="page"))
    with pytest.raises((TemplateError, ExceptionGroup)):
        render_page(load_theme([TEMPLATES, folder], ASSETS), site(own), own)


def test_a_template_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_bytes(b"<p>\xff")
    with pytest.raises(ExceptionGroup) as caught:
        load_theme([tmp_path], ASSETS)
    assert "bad.html is not UTF-8 text: byte 3" in str(caught.value.exceptions[0])
