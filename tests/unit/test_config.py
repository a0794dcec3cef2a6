"""`site.toml`: values by type, all mistakes at once, and the settings of a source."""

from __future__ import annotations

import pytest

from sitegen.config import read_config, settings_for
from sitegen.errors import ConfigError, Span
from sitegen.model import Config, Images, MarkupConfig, Section

URL = 'url = "https://example.org/"\n'


def mistakes(text: str) -> list[ConfigError]:
    with pytest.raises(ExceptionGroup) as caught:
        read_config(text)
    errors = [error for error in caught.value.exceptions if isinstance(error, ConfigError)]
    assert len(errors) == len(caught.value.exceptions)
    return errors


def mistake(text: str) -> ConfigError:
    """The one mistake of a file that has a url."""
    (error,) = mistakes(URL + text)
    assert error.span
    return error


def test_a_url_is_all_that_a_site_needs() -> None:
    assert read_config(URL) == Config(title="example.org", url="https://example.org/", base="/")


def test_every_key_is_read() -> None:
    config = read_config(
        """
title = "T"
url = "https://example.org/blog"
description = "D"
author = "A"
language = "pt-BR"
timezone = "Europe/Berlin"
paginate = 5
[sections.poems]
type = "poem"
title = "Poems"
permalink = "/verse/"
paginate = 20
[sections."new essays"]
[markup]
max_seconds = 2
max_bytes = 1000
macros = { R = '\\mathbb{R}' }
[deploy.live]
type = "git"
anything = [1, 2]
"""
    )
    assert config == Config(
        title="T",
        url="https://example.org/blog/",
        base="/blog/",
        description="D",
        author="A",
        language="pt-BR",
        timezone="Europe/Berlin",
        paginate=5,
        sections={
            "poems": Section(
                name="poems", kind="poem", title="Poems", permalink="/verse/", paginate=20
            ),
            "new essays": Section(name="new essays"),
        },
        markup=MarkupConfig(macros={"R": "\\mathbb{R}"}, max_seconds=2.0, max_bytes=1000),
        deploy={"live": {"type": "git", "anything": [1, 2]}},
    )


@pytest.mark.parametrize(
    ("url", "normal", "base"),
    [
        ("https://example.org", "https://example.org/", "/"),
        ("https://Example.ORG:8080/a/b//", "https://example.org:8080/a/b/", "/a/b/"),
        ("http://example.org/~me/", "http://example.org/~me/", "/~me/"),
    ],
)
def test_a_url_ends_with_one_slash(url: str, normal: str, base: str) -> None:
    config = read_config(f'url = "{url}"')
    assert (config.url, config.base) == (normal, base)


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "/blog",
        "//example.org",
        "ftp://example.org",
        "https://",
        "https://example.org/?q",
        "https://example.org/#a",
        "https://me:secret@example.org/",
        "https://example.org:port/",
        "https://[::1/",
        "https://example.org/a b",
        "https://example.org/../a",
        "https://example.org/a//b/c",
        "https://example.org/\\u0000",
    ],
)
def test_a_url_that_no_reader_can_use_is_refused_at_its_place(url: str) -> None:
    (error,) = mistakes(f'title = "x"\nurl = "{url}"\n')
    assert error.span == Span("site.toml", 2, 7, len(url) + 2)


def test_a_site_without_a_url_is_told_what_to_write() -> None:
    (error,) = mistakes('title = "x"')
    assert error.message == "the site has no url"
    assert 'url = "https://example.org/"' in (error.hint or "")


def test_all_mistakes_are_reported_at_once_each_at_its_place() -> None:
    text = """titel = "x"
url = 3
paginate = 0
timezone = "Mars/Base"
[sections.poems]
tpye = "poem"
type = "poen"
[markup]
max_second = 1
macros = { R = 1 }
"""
    found = {(error.span.line, error.span.column) for error in mistakes(text) if error.span}
    assert found == {(1, 1), (2, 7), (3, 12), (4, 12), (6, 1), (7, 8), (9, 1), (10, 10)}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('titel = "x"', 'did you mean "title"?'),
        ('[sections.a]\ntitel = "x"', 'did you mean "title"?'),
        ("[markup]\nmax_byte = 1", 'did you mean "max_bytes"?'),
        ("[section.a]", 'did you mean "sections"?'),
        ('[sections.a]\ntype = "posts"', 'did you mean "post"?'),
        ('base = "/x/"', "Known keys: author"),
    ],
)
def test_a_misspelt_word_is_told_the_nearest(text: str, hint: str) -> None:
    assert hint in (mistake(text).hint or "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("title = 3", "3"),
        ("author = true", "true"),
        ('paginate = "10"', '"10"'),
        ("paginate = true", "true"),
        ("paginate = 1.5", "1.5"),
        ("paginate = 0", "0"),
        ("sections = 3", "3"),
        ("sections.a = 3", "sections.a"),
        ("deploy.live = 3", "deploy.live"),
        ("markup = []", "[]"),
        ('markup.max_seconds = "5"', '"5"'),
        ("markup.max_seconds = 0", "0"),
        ("markup.max_seconds = inf", "inf"),
        ("markup.max_bytes = -1", "-1"),
        ("markup.macros = 1", "1"),
        ('language = "en_US"', "en_US"),
        ('language = ""', '""'),
        ('timezone = "../etc/passwd"', "../etc/passwd"),
        ('timezone = "Europe"', "Europe"),
        ('sections.a.permalink = "/../x"', "/../x"),
        ('title = "a\\u0007b"', "control"),
    ],
)
def test_a_wrong_value_is_shown(text: str, shown: str) -> None:
    error = mistake(text)
    assert shown in error.message
    assert error.span
    assert error.span.line == 2


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("title = Hello", 2, 9),
        ('title = "a"\ntitle = "b"', 3, 12),
        ("[a", 2, 3),
        ("x = " + "[" * 20_000, 1, 1),
        ("a." * 20_000 + "a = 1", 1, 1),
        ("x = " + "1" * 5_000, 1, 1),
    ],
)
def test_what_is_no_toml_is_one_mistake(text: str, line: int, column: int) -> None:
    span = mistake(text).span
    assert span
    assert (span.path, span.line, span.column) == ("site.toml", line, column)


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_a_line_of_a_long_string_is_not_taken_for_a_key(quotes: str) -> None:
    error = mistake(f"description = {quotes}x\ntitle = 3\n{quotes}\ntitle = 4")
    assert error.span == Span("site.toml", 5, 9, 1)


def test_a_misspelt_table_is_shown_where_it_stands() -> None:
    assert mistake('[section.posts]\ntype = "post"').span == Span("site.toml", 2, 2, 13)


def test_a_byte_order_mark_and_crlf_change_nothing() -> None:
    assert read_config("\ufeff" + URL.replace("\n", "\r\n")) == read_config(URL)


# --- settings --------------------------------------------------------------------------------

SECTIONS = '[sections.notes]\ntype = "poem"\n[sections.poems]\ntype = "page"\n[sections.other]\n'


@pytest.mark.parametrize(
    ("path", "kind", "origin"),
    [
        ("content/a.md", "page", "default"),
        ("content/verse/a.md", "poem", "the folder verse/"),
        ("content/Poetry/deep/er/a.md", "poem", "the folder Poetry/"),
        ("content/essays/a.md", "post", "the folder essays/"),
        ("content/blog/poetry/a.md", "poem", "the folder poetry/"),
        ("content/poetry/blog/a.md", "post", "the folder blog/"),
        ("content/other/posts/a.md", "post", "the folder posts/"),
        ("content/notes/a.md", "poem", "[sections.notes] in site.toml"),
        ("content/poems/verse/a.md", "page", "[sections.poems] in site.toml"),
        ("content/a/notes/a.md", "page", "default"),
        ("content/notes/index.md", "page", "index.md is the page of its folder"),
        ("content/verse/Index.markdown", "page", "Index.markdown is the page of its folder"),
        ("content/verse/_index.md", "page", "_index.md is the page of its folder"),
        ("content/verse.md", "page", "default"),
    ],
)
def test_the_kind_is_the_section_s_or_the_nearest_telling_folder_s(
    path: str, kind: str, origin: str
) -> None:
    settings = settings_for(path, read_config(URL + SECTIONS))
    assert (settings.kind, settings.kind_origin) == (kind, origin)


def test_a_source_knows_what_the_site_says() -> None:
    config = read_config(
        'author = "A"\nlanguage = "de"\ntimezone = "Asia/Tokyo"\n'
        + URL
        + '[markup.macros]\nx = "y"'
    )
    settings = settings_for("content/a.md", config)
    assert (settings.author, settings.language, settings.timezone) == ("A", "de", "Asia/Tokyo")
    assert settings.macros == {"x": "y"}


def test_copies_of_images_have_formats_and_widths() -> None:
    def images(text: str) -> Images:
        return read_config(f'url = "https://example.org"\n[images]\n{text}').images

    assert images("") == Images()
    assert images("widths = [960, 480, 960]") == Images(formats=("avif", "webp"), widths=(480, 960))
    assert images('formats = ["webp"]') == Images(formats=("webp",), widths=(480, 960, 1600))


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ('formats = ["wepb"]', 'unknown format "wepb"', 'did you mean "webp"?'),
        ("formats = [1]", "unknown format 1", "write lists: formats ="),
        ('formats = "webp"', "formats must be a list", ""),
        ("widths = [0]", "a width must be a number of pixels from 16 to 8192, and not 0", "write"),
        ("widths = [true]", "from 16 to 8192, and not True", "write lists"),
        ('widths = ["9"]', 'from 16 to 8192, and not "9"', "write lists"),
        ("with = 3", 'unknown key "with" in [images]', 'did you mean "widths"?'),
    ],
)
def test_what_no_copy_can_be_is_refused_at_its_place(line: str, message: str, hint: str) -> None:
    (mistake,) = mistakes(f'url = "https://example.org"\n[images]\n{line}\n')
    assert message in mistake.message
    assert hint in (mistake.hint or "")
    assert mistake.span
    assert mistake.span.line == 3
