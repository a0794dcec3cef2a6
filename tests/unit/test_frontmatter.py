"""Front matter: the block, each field by its type, mistakes with their place, what completes it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sitegen.errors import Problem, Span
from sitegen.frontmatter import FrontMatter, complete, kind_of, read_front_matter
from sitegen.frontmatter.fields import FIELDS
from sitegen.model import Kind, Meta, Moment, Origin, Settings, Source


def read(text: str, kind: Kind = "post", timezone: str = "UTC") -> FrontMatter:
    source = Source(path="content/a.md", text=text, digest="")
    settings = Settings(kind=kind, kind_origin="default", timezone=timezone)
    return read_front_matter(source, settings)


def field(written: str, kind: Kind = "post", timezone: str = "UTC") -> Any:
    """The one value of the one field that is written."""
    front = read(f"---\n{written}\n---\n", kind, timezone)
    assert not front.problems, front.problems
    return next(iter(front.values.values()), None)


def mistake(written: str, kind: Kind = "post") -> Problem:
    """The one problem of what is written."""
    (problem,) = read(f"---\n{written}\n---\n", kind).problems
    assert problem.span
    assert problem.kind == "FrontMatterError"
    return problem


# --- the block -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: x\n---\nbody\n",
        "\ufeff---\ntitle: x\n---\nbody\n",
        "---\r\ntitle: x\r\n---\r\nbody\r\n",
        "---\rtitle: x\r---\rbody\r",
        "---  \ntitle: x\n--- \t\nbody\n",
        "---\n# a comment\n\ntitle: x\n\n---\nbody\n",
        "---\n  title: x\n---\nbody\n",
        '+++\ntitle = "x"\n+++\nbody\n',
        '---\n"title": x\n---\nbody\n',
    ],
)
def test_a_block_is_read_in_each_of_its_spellings(text: str) -> None:
    front = read(text)
    assert (front.values, front.body, front.problems) == ({"title": "x"}, "body\n", ())
    assert front.first_line == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def test_blank_lines_may_stand_before_the_block() -> None:
    front = read("\n  \n---\ntitle: x\n---\nbody\n")
    assert (front.values, front.first_line) == ({"title": "x"}, 6)
    assert front.spans["title"] == Span("content/a.md", 4, 8, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text\n",
        "---",
        "---\n\nAfter a break: text.\n",
        "---\nOnce upon a time\n",
        "---\nShe said: hello\nand left.\n---\nmore\n",
        "---\n\nA stanza\n\n---\n\nanother\n",
        "----\ntitle: x\n----\n",
        "text\n---\ntitle: x\n---\n",
        "+++\nnot a table\n+++\n",
        "+++\nHe said: so be it\n+++\n",
        "---\nNote: this is prose\nwhich goes on\n---\n",
    ],
)
def test_what_has_no_mapping_is_body_and_no_mistake(text: str) -> None:
    front = read(text)
    assert (front.values, front.body, front.first_line, front.problems) == ({}, text, 1, ())


@pytest.mark.parametrize("text", ["---\n---\n", "---\n# only a comment\n\n---\n"])
def test_an_empty_block_is_front_matter(text: str) -> None:
    assert read(text + "body").body == "body"


@pytest.mark.parametrize("text", ["---\ntitle: x\n\nbody\n", '+++\ntitle = "x"\n'])
def test_a_block_that_is_not_closed_is_a_mistake_at_its_mark(text: str) -> None:
    (problem,) = read("\n" + text).problems
    assert problem.span == Span("content/a.md", 2, 1, 3)
    assert problem.hint == f"put a line of {text[:3]} below the last field"


def test_a_field_in_the_other_syntax_is_a_mistake_and_not_text_of_the_page() -> None:
    (problem,) = read("+++\ntitle: x\n+++\nbody\n").problems
    assert problem.hint == 'write name = "value"'
    assert mistake("title = x").span == Span("content/a.md", 2, 1, 9)


def test_a_block_over_64_kb_is_a_mistake() -> None:
    assert "64 KB" in mistake("title: x\ndescription: " + "é" * 33_000).message
    assert len(field("title: " + "x" * 60_000)) == 60_000


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "2024",
        "12:30",
        "007",
        "no",
        "null",
        "~",
        "1e3",
        "#1 song",
        "Song #1",
        "C#",
        "Attention: a love story",
        "foo:",
        "[draft] x",
        "'tis",
        "'tis the reader's",
        '"Hope" is the thing with feathers',
        "@x",
        "*x*",
        "*x* and y",
        "**x",
        "&y",
        "& then",
        "%z",
        "`x`",
        "- a",
        "? a",
        "> a",
        "|a|",
        ", a",
        "] a",
        "{{7*7}}",
        "{% include 'x' %}",
        "<script>alert(1)</script>",
        "--- a",
        "日本 「語」",
        "a \U0001f389 b",
    ],
)
def test_a_title_is_the_text_as_typed(typed: str) -> None:
    assert field(f"title: {typed}  ") == typed
    assert field(f"tags:\n  - {typed}\n  - other") == tuple(tag.strip() for tag in (typed, "other"))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"a: b"', "a: b"),
        ("'it''s'", "it's"),
        (r'"\u00e9 \"x\""', 'é "x"'),
        ('"a" # a comment', "a"),
        ("one\n  two", "one two"),
        ('"one\n  two"', "one two"),
        (">\n  one\n  two", "one two"),
        ("|\n  one\n  # two", "one # two"),
        ("\n  one", "one"),
    ],
)
def test_quotes_and_several_lines_are_those_of_yaml(written: str, text: str) -> None:
    assert field(f"title: {written}") == text


@pytest.mark.parametrize(
    ("typed", "paste"),
    [
        ("[draft]", '"[draft]"'),
        ("{x}", '"{x}"'),
        ("a # b", '"a # b"'),
        ("# a", '"# a"'),
        ("*x", '"*x"'),
        ("&a b", '"&a b"'),
        ("!x y", '"!x y"'),
        ("'It's me'", '"It\'s me"'),
        ('"C:\\path"', "'C:\\path'"),
        ('"Hello', '"Hello"'),
    ],
)
def test_an_ambiguous_text_is_a_mistake_whose_hint_can_be_pasted(typed: str, paste: str) -> None:
    assert paste in (mistake(f"title: {typed}").hint or "")
    assert isinstance(field(f"title: {paste}"), str)


def test_an_empty_text_is_no_value() -> None:
    assert read('---\ntitle:\nseries: ""\nslug: ""\ndescription: >\n---\n').values == {}


def test_an_epigraph_keeps_its_lines() -> None:
    assert field("epigraph: |\n  one\n    two\n\n  three\n", "poem") == "one\n  two\n\nthree"


# --- other types -----------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["true", "True", "yes", "YES", "Yes # really", '"true"'])
def test_a_flag_is_true_or_yes_in_any_case(typed: str) -> None:
    assert field(f"draft: {typed}") is True
    assert field("draft: No") is False


@pytest.mark.parametrize("typed", ["1", "on", "maybe", "[true]"])
def test_a_flag_is_nothing_else(typed: str) -> None:
    problem = mistake(f"draft: {typed}")
    assert problem.span == Span("content/a.md", 2, 8, len(typed))
    assert problem.hint in {"write draft: true or draft: false", None}


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        ("2024-01-31 18:30", 17, 30),
        ("2024-01-31T18:30:00", 17, 30),
        ("2024-01-31T18:30:00Z", 18, 30),
        ("2024-01-31 18:30:00.5 +02:00", 16, 30),
        ("2024-01-31 18:30 -0330", 22, 0),
        ("2024-01-31 18:30+02", 16, 30),
        ("2024-01-31 18:30 America/New_York", 23, 30),
    ],
)
def test_a_date_with_a_time_is_an_instant(typed: str, hour: int, minute: int) -> None:
    moment = field(f"date: {typed}", timezone="Europe/Berlin")
    assert moment.at.replace(microsecond=0) == datetime(2024, 1, 31, hour, minute, tzinfo=UTC)


def test_the_day_of_an_instant_is_that_of_the_site() -> None:
    late = field("date: 2024-01-31T23:30:00Z", timezone="Asia/Tokyo")
    assert late.day == date(2024, 2, 1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_a_date_without_a_time_never_shifts(zone: str) -> None:
    assert field("date: 2024-01-31", timezone=zone) == Moment(day=date(2024, 1, 31))


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("2024-13-01", "2024-13-01"),
        ("2024-02-30", "2024-02-30"),
        ("2024-02-30 10:00", "2024-02-30"),
        ("2024-01-31 25:00", "25:00"),
        ("2024-01-31 10:00 Mars/Base", "Mars/Base"),
        ("2024-01-31 10:00 ../etc", "../etc"),
        ("2024-01-31 10:00 Europe", "Europe"),
        ("0001-01-01 00:00 +14:00", "beyond the years 1 to 9999"),
        ("9999-12-31 23:59 -01:00", "beyond the years 1 to 9999"),
        ("yesterday", "yesterday"),
        (".nan", ".nan"),
        ("20240131", "20240131"),
    ],
)
def test_a_date_that_does_not_exist_is_shown(typed: str, named: str) -> None:
    assert named in mistake(f"date: {typed}").message


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("[a, b]", ("a", "b")),
        ("a, b ,, c", ("a", "b", "c")),
        ("one two", ("one two",)),
        ("\n  - a\n  - b", ("a", "b")),
        ("\n- a\n- b", ("a", "b")),
        ("\n- a\n  - b\n - c", ("a", "b", "c")),
        ("[\n  a,\n  b\n]", ("a", "b")),
        ("# what it is about\n  - a", ("a",)),
        ("[Poem, poem,  POEM ]", ("Poem",)),
        ('["a, b", "  c   d "]', ("a, b", "c d")),
        ("[007, no, 1.0, ~]", ("007", "no", "1.0", "~")),
        (
            "\n  - Attention: a story\n  - #one\n  - [x] y\n  -",
            ("Attention: a story", "#one", "[x] y"),
        ),
        ("[{{x}}]", ("{{x}}",)),
        ("[]", ()),
    ],
)
def test_tags_are_texts_without_doubles(written: str, tags: tuple[str, ...]) -> None:
    assert field(f"tags: {written}") == tags


def test_a_broken_list_is_shown_as_it_can_be_written() -> None:
    assert 'tags: ["#a", "b, c", "d"]' in (mistake('tags: [#a, "b, c", d]').hint or "")
    assert mistake("tags: [a, b").hint == 'write tags: ["a", "b"]'
    assert mistake("tags: [a, [b]]").span == Span("content/a.md", 2, 11, 3)


def test_an_author_may_have_a_comma_and_a_list_of_authors_may_not_be_doubled() -> None:
    assert field("author: King, Jr.") == ("King, Jr.",)
    assert field("authors: [A, B, a]") == ("A", "B")


@pytest.mark.parametrize("written", [r'title: "\e"', r'tags: ["\u0007"]', r'authors: ["\x85"]'])
def test_a_control_character_is_a_mistake(written: str) -> None:
    assert "has a control character" in mistake(written).message


def test_addresses_are_decoded_and_begin_with_a_slash() -> None:
    assert field("permalink: about/caf%C3%A9/") == "/about/café/"
    assert field("aliases: [/a, old/b, /a]") == ("/a", "/old/b")


@pytest.mark.parametrize("key", ["permalink", "aliases", "slug"])
@pytest.mark.parametrize(
    "path", ["../a", "/a/../b", "//host/x", "a\\b", "https://host/x", "/%2e%2e/a", r'"a\0b"']
)
def test_a_path_out_of_the_site_is_a_mistake_at_its_value(key: str, path: str) -> None:
    span = mistake(f"{key}: {path}").span
    assert span == Span("content/a.md", 2, len(key) + 3, len(path))


def test_each_bad_alias_is_reported() -> None:
    problems = read("---\naliases: [/../a, /b, //c]\n---\n").problems
    assert [problem.span and problem.span.column for problem in problems] == [11, 22]


def test_a_slug_is_made_fit_for_an_address_and_keeps_its_digits() -> None:
    assert field("slug: 007") == "007"
    assert field("slug: Hello, World: again?") == "hello-world-again"
    assert "no letter" in mistake("slug: '!!'").message


@pytest.mark.parametrize("path", ["cover.png", "../img/a b.png", "/i.png", "https://x.org/i.png"])
def test_an_image_is_a_path_or_a_whole_address(path: str) -> None:
    assert field(f"image: {path}") == path


@pytest.mark.parametrize("path", ["javascript:x", "//h/x.png", "a\\b.png", '"a\\0.png"'])
def test_an_image_is_nothing_else(path: str) -> None:
    assert mistake(f"image: {path}").kind == "FrontMatterError"


def test_extra_keeps_plain_data() -> None:
    written = 'extra:\n  a: 1\n  b: [x, 2.5, true, ~, 007, 2024-01-01, "3"]\n  c: {d: {e: f}}\n'
    assert field(written) == {
        "a": 1,
        "b": ["x", 2.5, True, None, "007", "2024-01-01", "3"],
        "c": {"d": {"e": "f"}},
    }
    assert field("extra: {n: 99999999999999999999}") == {"n": "9" * 20}


@pytest.mark.parametrize("typed", [".nan", "-.inf", "1e999"])
def test_extra_has_no_number_that_is_none(typed: str) -> None:
    assert mistake(f"extra:\n  a: {typed}").span == Span("content/a.md", 3, 6, len(typed))


def test_extra_is_a_map_with_each_name_once() -> None:
    assert "map" in mistake("extra: [a]").message
    assert mistake("extra:\n  a: 1\n  a: 2").span == Span("content/a.md", 4, 3)


# --- mistakes --------------------------------------------------------------------------------


def test_a_mistake_hides_no_other_and_no_good_field() -> None:
    front = read("---\ntitle: [x]\ndate: no\ntag: a\ndraft: 3\nseries: s\n---\n")
    assert {problem.span.line for problem in front.problems if problem.span} == {2, 3, 4, 5}
    assert front.values == {"series": "s"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("titel", "title"),
        ("Tags", "tags"),
        ("DRAFT", "draft"),
        ("summary", "description"),
        ("layout", "type"),
        ("published", "draft"),
        ("last-modified-at", "updated"),
    ],
)
def test_an_unknown_field_is_told_what_it_may_mean(typed: str, meant: str) -> None:
    problem = mistake(f"{typed}: x")
    assert problem.span == Span("content/a.md", 2, 1, len(typed))
    assert f'did you mean "{meant}"' in (problem.hint or "")


@pytest.mark.parametrize("second", ["title: b", "author: b\nauthors: c"])
def test_a_field_given_twice_is_a_mistake_at_the_second(second: str) -> None:
    problem = mistake(f"title: a\n{second}")
    assert problem.span
    assert problem.span.line == 2 + second.count("\n") + 1
    assert "twice" in problem.message


@pytest.mark.parametrize(
    ("written", "column", "word"),
    [
        ("tags: &a [x]", 7, "anchor"),
        ("extra: {a: &b 1}", 12, "anchor"),
        ("extra: {a: *b}", 12, "alias"),
        ("extra: !!python/object/apply:os.system [x]", 8, "!!python/object/apply:os.system"),
        ("title: !!str x", 8, "!!str"),
        ("tags: [!x y]", 8, "!x"),
    ],
)
def test_anchors_aliases_and_tags_are_mistakes(written: str, column: int, word: str) -> None:
    problem = mistake(written)
    assert problem.span
    assert (problem.span.line, problem.span.column) == (2, column)
    assert word in problem.message


def test_a_missing_space_and_a_stray_line_are_explained() -> None:
    for typed in ("title:x", "title = x", "title=x"):
        for other in ("", "\ndraft: no"):
            hint = mistake(typed + other).hint
            assert hint == "write `title: x`, with a colon and a space"
    assert '"stray" is not a field' in mistake("draft: no\nstray").message


def test_a_tab_that_indents_is_explained() -> None:
    assert "indent with spaces" in (mistake("extra:\n\ta: 1").hint or "")


@pytest.mark.parametrize("key", ["epigraph", "line_numbers"])
def test_what_only_a_poem_has_is_a_mistake_elsewhere(key: str) -> None:
    problem = mistake(f"{key}: no", "page")
    assert problem.hint == f"write type: poem, or delete {key}"
    assert not read(f"---\n{key}: no\ntype: poem\n---\n", "page").problems


@pytest.mark.parametrize("key", ["title", "tags", "aliases", "extra", "date", "slug"])
@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 20_000,
        "{" * 20_000,
        "\n" + "- " * 20_000,
        "{a: " * 10_000,
        "&a [*a" * 5_000,
        '"' * 30_001,
        "a, " * 20_000,
        "\\" * 60_000,
        " " * 60_000 + "x",
        "[" + "&a x, *a, " * 5_000 + "]",
    ],
)
def test_a_bomb_is_read_or_refused_at_once(key: str, bomb: str) -> None:
    began = time.perf_counter()
    read(f"---\n{key}: {bomb}\n---\nbody")
    read(f"---\n{key}: {bomb}")
    assert time.perf_counter() - began < 2


def test_deep_nesting_is_refused() -> None:
    assert "levels deep" in mistake("extra: " + "[" * 20_000).message
    assert "levels deep" in read("+++\nextra = " + "[" * 20_000 + "\n+++\n").problems[0].message
    assert "levels deep" in read("+++\n" + "a." * 20_000 + "a=1\n+++\n").problems[0].message


def test_thousands_of_fields_are_one_mistake() -> None:
    assert "over 100 fields" in mistake("\n".join(f"k{n}: v" for n in range(5_000))).message


# --- TOML ------------------------------------------------------------------------------------


def test_toml_has_the_same_fields() -> None:
    front = read(
        "+++\n"
        'title = "x"\ndate = 2024-01-31\nupdated = 2024-01-31T10:00:00+02:00\ntags = ["a", 7]\n'
        'draft = true\nauthor = "A"\naliases = ["/a"]\n[extra]\nd = 2024-01-01\n'
        'n = [1, {m = "x"}]\n'
        "+++\n"
    )
    assert front.problems == ()
    assert front.values == {
        "title": "x",
        "date": Moment(day=date(2024, 1, 31)),
        "updated": Moment(day=date(2024, 1, 31), at=datetime(2024, 1, 31, 8, tzinfo=UTC)),
        "tags": ("a", "7"),
        "draft": True,
        "authors": ("A",),
        "aliases": ("/a",),
        "extra": {"d": "2024-01-01", "n": [1, {"m": "x"}]},
    }


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("x = Hello", 5, "no value"),
        ("date = 2024-13-01", 8, '"2024-13-01" is not a date'),
        ("date = 2024-02-30", 8, '"2024-02-30" is not a date'),
        ("titel = 1", 1, "unknown field"),
        ("description = 1.5", 15, "one value"),
        ("draft = 1", 9, "true or false"),
        ('aliases = ["//h"]', 11, "another host"),
        ("extra = {a = nan}", 9, "not a number"),
        ('title = "again"', 16, "has a value already"),
        ("date = 2024-1-3", 8, '"2024-1-3" is not a date'),
        ('series = "s" date = 2024-01-31', 14, "something after the value"),
        ('series = "s', 12, "not closed by its quote"),
        ("series = 's", 12, "not closed by its quote"),
        ("series: s", 7, "no = after the name"),
        ("draft = True", 9, "no value"),
        ('tags = ["a" "b"]', 13, "lacks a comma"),
        (r'series = "C:\dir"', 15, r"a \ in double quotes"),
        ("series s", 8, "no = after the name"),
    ],
)
def test_a_mistake_in_toml_is_at_its_line_of_the_file(line: str, column: int, words: str) -> None:
    (problem,) = read(f'\n+++\ntitle = "x"\n{line}\n+++\n').problems
    assert problem.span
    assert (problem.span.line, problem.span.column) == (4, column)
    assert words in problem.message


# --- complete --------------------------------------------------------------------------------

HEADING = ("A heading", Span("content/a.md", 5, 1, 11))


def completed(
    text: str = "",
    path: str = "content/a.md",
    heading: tuple[str, Span] | None = None,
    summary: str = "",
    settings: Settings | None = None,
) -> tuple[Meta, dict[str, Origin]]:
    source = Source(path=path, text=text, digest="")
    settings = settings or Settings(kind="page", kind_origin="default")
    front = read_front_matter(source, settings)
    return complete(front, source, settings, heading=heading, summary=summary)


def test_every_value_has_an_origin() -> None:
    assert set(completed()[1]) == set(Meta.__struct_fields__)


def test_every_field_fills_a_value_of_meta() -> None:
    assert {each.name for each in FIELDS.values()} == set(Meta.__struct_fields__)


def test_a_title_is_the_front_matter_s_the_heading_s_or_the_file_s() -> None:
    given, origins = completed("---\ntitle: T\n---\n", heading=HEADING)
    assert (given.title, origins["title"].text) == ("T", "front matter, line 2")
    assert origins["title"].span == Span("content/a.md", 2, 8, 1)
    headed, origins = completed(heading=HEADING)
    assert (headed.title, origins["title"]) == (
        "A heading",
        Origin(text="first heading, line 5", span=HEADING[1]),
    )
    named, origins = completed(path="content/2024-01-31-my_first-post.md")
    assert (named.title, origins["title"].text) == ("My first post", "file name")


@pytest.mark.parametrize(
    ("path", "title"),
    [("content/index.md", "Home"), ("content/a/my-poems/index.md", "My poems")],
)
def test_an_index_has_the_title_of_its_folder(path: str, title: str) -> None:
    meta, origins = completed(path=path)
    assert (meta.title, meta.slug, origins["title"].text) == (title, "index", "folder name")


@pytest.mark.parametrize(
    ("path", "slug", "day"),
    [
        ("content/2024-01-31-snow.md", "snow", date(2024, 1, 31)),
        ("content/2024-01_Snow!.markdown", "snow", date(2024, 1, 1)),
        ("content/2024-13-01-snow.md", "2024-13-01-snow", None),
        ("content/Odd: a & b #1 …ly..md", "odd-a-b-1-ly", None),
        ("content/cafe\u0301.md", "café", None),
    ],
)
def test_a_file_name_gives_slug_and_date(path: str, slug: str, day: date | None) -> None:
    meta, origins = completed(path=path)
    assert (meta.slug, meta.date and meta.date.day) == (slug, day)
    assert origins["slug"].text == "file name"
    assert origins["date"].text == ("file name" if day else "default")


def test_front_matter_goes_before_everything() -> None:
    text = "---\nslug: s\ndate: 2020-01-01\nlang: de\nauthor: B\ndescription: D\ntype: post\n---\n"
    settings = Settings(kind="poem", kind_origin="the folder poems/", language="fr", author="A")
    meta, origins = completed(text, "content/2024-01-31-x.md", None, "summary", settings)
    assert (meta.slug, meta.date) == ("s", Moment(day=date(2020, 1, 1)))
    assert (meta.language, meta.authors, meta.description) == ("de", ("B",), "D")
    assert (meta.kind, origins["kind"].text) == ("post", "front matter, line 7")


def test_the_site_completes_what_a_source_does_not_say() -> None:
    settings = Settings(kind="poem", kind_origin="the folder poems/", language="fr", author="A")
    meta, origins = completed(settings=settings, summary="a stanza")
    assert (meta.kind, meta.language, meta.authors) == ("poem", "fr", ("A",))
    assert (meta.description, origins["description"].text) == ("a stanza", "first stanza")
    assert [origins[name].text for name in ("kind", "language", "authors", "draft")] == [
        "the folder poems/",
        "site.toml",
        "site.toml",
        "default",
    ]


def test_the_kind_is_known_before_the_rest() -> None:
    settings = Settings(kind="page", kind_origin="default")
    assert kind_of(read("---\ntype: poem\n---\n"), settings)[0] == "poem"
    assert kind_of(read(""), settings) == ("page", Origin(text="default"))
