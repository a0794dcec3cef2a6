"""One body on a page, in a feed and as plain text."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitegen.markup import parse
from sitegen.media import (
    Resolved,
    absolute,
    feed_html,
    notes_html,
    page_html,
    plain_text,
)
from sitegen.media.words import words_of
from sitegen.model import Document, Figure, ImageFile, Kind, Settings, Source

FIGURE = Figure(
    id="figure.1",
    html='<figure class="attention" id="figure.1"><svg></svg></figure>',
    sentence='The word "its" looks at "cat".',
    table="<table><tr><td>1</td></tr></table>",
    svg="<svg/>",
)
PAGE = "https://example.org/blog/a/"


def document(text: str, kind: Kind = "post") -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings)


def resolved(parsed: Document, prefix: str = "", *links: str) -> Resolved:
    return Resolved(
        links=links or tuple(link.target for link in parsed.links),
        images=tuple(ImageFile(src=f"/i/{image.target}") for image in parsed.images),
        figures=(FIGURE,),
        prefix=prefix,
    )


def page(text: str, prefix: str = "", *links: str) -> str:
    parsed = document(text)
    return page_html(parsed.body, parsed, resolved(parsed, prefix, *links))


def feed(text: str, kind: Kind = "post") -> str:
    parsed = document(text, kind)
    return feed_html(parsed.body, parsed, resolved(parsed), PAGE)


def text(source: str, kind: Kind = "post") -> str:
    parsed = document(source, kind)
    return plain_text(parsed.body, parsed)


# --- a page --------------------------------------------------------------------------------------


def test_a_link_leads_where_it_was_resolved() -> None:
    assert page("[a](b.md)", "", "/blog/b/?q=1&r=2#c") == (
        '<p><a href="/blog/b/?q=1&amp;r=2#c">a</a></p>\n'
    )


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("/a b", "/a%20b"),
        ('/"><script>', "/%22%3E%3Cscript%3E"),
        ("/ü%C3%BC", "/%C3%BC%C3%BC"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
    ],
)
def test_an_address_cannot_leave_its_attribute(address: str, written: str) -> None:
    assert page("[a](b.md)", "", address) == f'<p><a href="{written}">a</a></p>\n'


def test_only_the_first_image_is_loaded_at_once() -> None:
    first, second = page("![a](1.png)\n\n![b](2.png)").splitlines()
    assert "lazy" not in first
    assert second == '<p><img src="/i/2.png" alt="b" loading="lazy" decoding="async"></p>'


def test_an_image_says_its_size_where_it_is_known() -> None:
    parsed = document('![a "b"](1.png "t")x')
    sized = Resolved(links=(), images=(ImageFile(src="/1.png", width=30, height=20),))
    assert page_html(parsed.body, parsed, sized) == (
        '<p><img src="/1.png" alt="a &quot;b&quot;" width="30" height="20" title="t">x</p>\n'
    )


def test_a_long_formula_in_a_line_can_have_the_focus_and_a_short_one_has_not() -> None:
    long = "+".join("abcdefghijkl")
    assert ' tabindex="0"><math><mi>a</mi>' in page(f"Here ${long}$ is.\n")
    assert "Here <math><mi>a</mi>" in page("Here $a+b$ is.\n")
    assert page(f"$$\n{long}\n$$\n").count("tabindex") == 1  # that of the block


def test_a_figure_is_shown_as_it_was_drawn() -> None:
    assert page("```attention\n```") == FIGURE.html


def test_a_figure_that_could_not_be_drawn_leaves_nothing() -> None:
    parsed = document("a\n\n```attention\n```")
    nothing = Resolved(links=(), images=(), figures=())
    assert page_html(parsed.body, parsed, nothing) == "<p>a</p>\n"
    assert feed_html(parsed.body, parsed, nothing, PAGE) == "<p>a</p>\n"


def test_ids_of_notes_and_lines_take_the_prefix_of_their_document() -> None:
    html = page("a[^1]\n\n```poem\nb\n```\n\n[^1]: n", "second.")
    assert 'id="second.note.1"' in html
    assert 'id="second.L1"' in html


def test_a_second_reference_to_a_note_makes_no_second_id() -> None:
    html = page("a[^1] b[^1]\n\n[^1]: n")
    assert html.count('id="note.1"') == 1
    assert '<a class="noteref" href="#note.1" role="doc-noteref">1</a>' in html


def test_one_note_that_is_not_simple_sends_all_to_the_end() -> None:
    parsed = document("a[^1] b[^2]\n\n[^1]: n\n\n[^2]: m\n\n    - list")
    html = page_html(parsed.body, parsed, resolved(parsed))
    notes = notes_html(parsed.body, parsed, resolved(parsed))
    assert 'class="note"' not in html
    assert html.count('role="doc-noteref"') == 2
    assert "hidden" not in notes
    assert '<li id="endnote.2"><p>m</p>\n<ul>' in notes


def test_simple_notes_stand_in_the_margin_and_hidden_at_the_end() -> None:
    parsed = document("a[^1]\n\n[^1]: n")
    assert '<span class="note-number" aria-hidden="true">1</span> n</span></p>' in page(
        "a[^1]\n\n[^1]: n"
    )
    assert '<section class="endnotes" hidden ' in notes_html(parsed.body, parsed, resolved(parsed))


def test_a_note_shown_twice_has_its_ids_once() -> None:
    parsed = document('a[^1]\n\n[^1]: <b id="x">n</b> [l](m){#y} ![i](j){#z} <label id=a for=b>')
    html = page_html(parsed.body, parsed, resolved(parsed))
    notes = notes_html(parsed.body, parsed, resolved(parsed))
    assert [html.count(f'id="{name}"') for name in "xyz"] == [1, 1, 1]
    assert notes.count(" id=") == 1
    assert "<label>" in notes


def test_a_lead_that_is_shown_in_a_list_has_no_ids() -> None:
    parsed = document('<b id="x">n</b> [l](m){#y .c}')
    assert "id=" not in page_html(parsed.lead, parsed, resolved(parsed))
    assert 'class="c"' in page_html(parsed.lead, parsed, resolved(parsed))


def test_a_page_without_notes_has_no_section_for_them() -> None:
    parsed = document("a")
    assert notes_html(parsed.body, parsed, resolved(parsed)) == ""


# --- a feed --------------------------------------------------------------------------------------


def test_every_address_in_a_feed_is_absolute() -> None:
    source = (
        "[a](/blog/b/) [f](#part) [x](https://x.example) [m](mailto:a@b.c) ![i](p.png)\n\n"
        '<img src="/q.png" srcset="/q.png 1x, r.png 2x" alt=""><video poster="v.png"></video>'
    )
    html = feed(source)
    for address in (
        "https://example.org/blog/b/",
        "https://example.org/blog/a/#part",
        "https://x.example",
        "mailto:a@b.c",
        "https://example.org/i/p.png",
        "https://example.org/q.png 1x, https://example.org/blog/a/r.png 2x",
        "https://example.org/blog/a/v.png",
    ):
        assert f'"{address}"' in html


def test_a_feed_holds_its_notes_at_the_end() -> None:
    assert feed("a[^1] b[^1]\n\n[^1]: n [l](/x)") == (
        "<p>a<sup>1</sup> b<sup>1</sup></p>\n<hr>\n<ol>\n"
        '<li><p>n <a href="https://example.org/x">l</a></p>\n</li>\n</ol>\n'
    )


def test_a_sidenote_made_by_hand_is_parted_from_its_word_where_classes_are_lost() -> None:
    source = 'word<input type="checkbox"/><span class="sidenote">a\nnote</span> more'
    assert '/> <span class="sidenote">a' in feed(source)
    assert 'word <span class="marginnote">a note</span>' in feed(
        'word<span class="marginnote">a\nnote</span>', "poem"
    )


def test_a_figure_in_a_feed_is_a_picture_a_sentence_and_a_table() -> None:
    said = "The word &quot;its&quot; looks at &quot;cat&quot;."
    assert feed("```attention\n```") == (
        f'<p><img src="{PAGE}figure-1.svg" alt="{said}"></p>\n<p>{said}</p>\n{FIGURE.table}\n'
    )


def test_the_file_of_a_figure_has_no_dot_but_that_of_its_suffix() -> None:
    assert list(FIGURE.files) == ["figure-1.svg"]


def test_a_formula_in_a_feed_is_its_tex() -> None:
    assert feed("$a<b$") == "<p><code>a&lt;b</code></p>\n"


def test_a_poem_in_a_feed_keeps_its_lines_without_a_style() -> None:
    html = feed("one\n    two", "poem")
    assert "one<br>\n\u00a0\u00a0\u00a0\u00a0two" in html
    assert "class" not in html
    assert "id=" not in html


# --- plain text ----------------------------------------------------------------------------------


def test_plain_text_has_no_tags_and_real_characters() -> None:
    assert text("a *b* `<c>` &amp; d") == "a b <c> & d"


def test_blocks_are_parted_and_broken_lines_joined() -> None:
    assert text("one\ntwo\n\n- three\n- four\n\nx\\\ny") == "one two\n\nthree\n\nfour\n\nx\ny"


def test_lines_of_verse_are_kept() -> None:
    assert text("one\n  two\n\nthree", "poem") == "one\n  two\n\nthree"


def test_lines_of_code_are_kept() -> None:
    assert text("a\n\n```\nb\n  c\n```\n\nd") == "a\n\nb\n  c\n\nd"


def test_notes_stand_in_brackets_and_images_as_their_alt_text() -> None:
    source = "a[^1] ![a dog](d.png) $x^2$\n\n[^1]: n *m*"
    assert text(source) == "a [n m] a dog x^2"


def test_scripts_styles_and_comments_are_no_words() -> None:
    source = "a <!-- no > no --> b <script>no</script> <style>no</style> c < d"
    assert words_of(source).split() == ["a", "b", "c", "<", "d"]


@pytest.mark.parametrize("html", ["<a <a ", '<a "<a "', "<!-- ", "<pre>", "<style>", "<"])
def test_broken_html_costs_no_more_than_whole(html: str) -> None:
    assert isinstance(words_of(html * 50_000), str)


def test_an_address_that_is_no_url_reaches_the_feed_as_it_is() -> None:
    assert absolute("https://example.org/a/", "http://[a") == "http://[a"
    assert absolute("https://example.org/a/", "../b/") == "https://example.org/b/"


@given(
    st.builds(
        "".join,
        st.lists(
            st.sampled_from([*"/.:?#;%[]@ é-", "http:", "https://h", "//", "/..", "a"]), max_size=8
        ),
    )
)
def test_an_address_seen_from_a_page_is_what_a_browser_makes_of_it(address: str) -> None:
    page = "https://example.org/blog/essays/a/"
    try:
        expected = urljoin(page, address)
    except ValueError:
        expected = address
    assert absolute(page, address) == expected
