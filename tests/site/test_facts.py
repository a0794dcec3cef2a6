"""Numbers of the whole site in a text: where they stand, what they count, who is rendered again."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from sitegen.build import Memory, build
from sitegen.build.filling import Filling, grouped
from sitegen.build.live import Live
from sitegen.build.readings import refuse
from sitegen.build.stage import Choice
from sitegen.errors import Problem
from sitegen.inputs import read_inputs
from sitegen.markup import parse
from sitegen.markup.facts import FACTS
from sitegen.media import Resolved, page_html, plain_text
from sitegen.memo import Memo
from sitegen.model import Document, Kind, Settings, Source
from tests.sites import CONFIG, NOW, make_site, run_here, write_files

SITE = """
== content/about.md
---
title: About
---
Here are {site:words} words.

== content/posts/a.md
---
title: A
date: 2026-01-01
tags: [one, two]
---
One two, [three](b.md).[^n]

[^n]: A note.

```attention
model: toy
tokens: a b
Q: 1 0 / 0 1
K: 1 0 / 0 1
check: a -> a > a -> b
```

== content/posts/b.md
---
title: B
tags: [One]
description: The second.
---
Four.

== content/poems/c.md
A line

and another

== content/posts/d.md
---
title: D
draft: true
tags: [three]
---
Not one of these words [counts](a.md).
"""


def document(text: str, kind: Kind = "post") -> Document:
    settings = Settings(kind=kind, kind_origin="test")
    return parse(Source(path="content/a.md", text=text, digest="d"), settings)


def page(text: str, kind: Kind = "post") -> str:
    """A page on which every number of the site is its own name in capitals."""
    found = document(text, kind)
    assert found.problems == ()
    filled = {name: name.upper() for name in found.facts}
    return page_html(
        found.body,
        replace(found, facts=filled),
        Resolved(links=("/x/",) * len(found.links), images=()),
    )


def errors(text: str, kind: Kind = "post") -> list[Problem]:
    return [each for each in document(text, kind).problems if each.severity == "error"]


# --- where it may stand --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("A {site:words} B", "<p>A WORDS B</p>"),
        ("{site:poems}", "<p>POEMS</p>"),
        ("{site: poems }", "<p>POEMS</p>"),
        ("**{site:tags}**, *{site:tags}*", "<strong>TAGS</strong>, <em>TAGS</em>"),
        ("[{site:links}](x.md)", '<a href="/x/">LINKS</a>'),
        ("| x |\n|---|\n| {site:claims} |", "<td>CLAIMS</td>"),
        ("- {site:notes}", "<li>NOTES</li>"),
        ("# A {.x}\n\n{site:words}\n{.e}", '<p class="e">WORDS</p>'),
    ],
)
def test_a_number_stands_where_it_was_asked_for(typed: str, shown: str) -> None:
    assert shown in page(typed)


def test_a_line_of_verse_may_have_one() -> None:
    assert ">One of LINES lines<" in page("One of {site:lines} lines\n", "poem")


@pytest.mark.parametrize(
    "typed",
    ["`{site:words}`", r"\{site:words}", "    {site:words}", "```\n{site:words}\n```", "{site}"],
)
def test_what_is_code_or_escaped_stays_as_typed(typed: str) -> None:
    found = document(f"Words.\n\n{typed}")
    assert (found.problems, dict(found.facts)) == ((), {})
    assert typed.strip("`\n ").replace("\\", "") in plain_text(found.body, found)


@pytest.mark.parametrize(
    ("typed", "message", "hint", "column"),
    [
        ("A {site:wrods}.", 'the site has no number "wrods"', "words", 3),
        ("{site:}", 'the site has no number ""', "essays", 1),
        ("A {site:words", "{site:…} has no end", "end it with }", 3),
        ("{site:wo\nrds}", "{site:…} has no end", "end it with }", 1),
        ("## A {site:words}", "a measured number cannot stand in a heading", "below", 6),
        ("![{site:words}](a.png)", "cannot stand in the words of a picture", "beside", 3),
    ],
)
def test_a_mistake_is_told_at_its_place(typed: str, message: str, hint: str, column: int) -> None:
    (found,) = errors(typed)
    assert message in found.message
    assert hint in (found.hint or "")
    assert found.span
    assert (found.span.line, found.span.column) == (1, column)


def test_in_raw_html_it_stays_and_is_told() -> None:
    (found,) = document("<div>\n{site:words}\n</div>").problems
    assert (found.severity, found.span and found.span.line) == ("warning", 2)


# --- what it counts ------------------------------------------------------------------------------


def numbers(root: Path, *, drafts: bool = False) -> dict[str, int]:
    made = make_site(root, SITE, drafts=drafts)
    assert made.errors == []
    built = made.built
    filling = Filling(made.inputs.config, {}, built.plan.sources, built.knot, Memory(Memo(), None))
    return dict(filling.facts)


def test_every_number_that_can_be_asked_for_is_counted(tmp_path: Path) -> None:
    found = numbers(tmp_path)
    assert found.keys() == set(FACTS)
    assert found == {
        "essays": 2,
        "poems": 1,
        "words": 4 + 5 + 1 + 4,  # a number of the site is one word, whatever it is
        "lines": 2,
        "figures": 1,
        "claims": 1,
        "notes": 1,
        "links": 1,
        "tags": 2,
    }


def test_drafts_do_not_count_even_where_they_are_shown(tmp_path: Path) -> None:
    shown, hidden = numbers(tmp_path / "a", drafts=True), numbers(tmp_path / "b")
    assert {**shown, "tags": 0} == {**hidden, "tags": 0}


def test_it_is_shown_on_the_page_in_its_description_and_in_feeds(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2026-01-01\n---\nHere are {site:poems} poems.\n"
    made = make_site(tmp_path, f"== content/posts/a.md\n{text}== content/poems/b.md\nA line\n")
    assert made.problems == ()
    html = made.text("posts/a/index.html")
    assert "<p>Here are 1 poems.</p>" in html
    assert '<meta name="description" content="Here are 1 poems.">' in html
    assert "Here are 1 poems." in made.text("index.html")
    for path in ("feed.xml", "feed.json"):
        assert made.text(path).count("Here are 1 poems.") == 2
    assert made.text("posts/a/index.md") == text
    assert "{site:" not in "".join(made.text(path) for path in made.paths if ".md" not in path)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "1,234,567"),
        ("en-GB", "1,234,567"),
        ("de", "1.234.567"),
        ("fr", "1\u202f234\u202f567"),
        ("tlh", "1\u202f234\u202f567"),
    ],
)
def test_a_number_is_written_as_its_language_does(language: str, shown: str) -> None:
    assert grouped(1234567, language) == shown
    assert grouped(999, language) == "999"


# --- who is rendered again -----------------------------------------------------------------------


def test_a_new_word_renders_its_page_and_those_that_count_it(tmp_path: Path) -> None:
    make_site(tmp_path, SITE)
    memo, choice = Memo(), {"now": NOW, "drafts": False, "future": False}
    first = build(read_inputs(tmp_path), run_here, memory=Memory(memo), **choice)  # type: ignore[arg-type]
    file = tmp_path / "content/posts/b.md"
    file.write_text(file.read_text(encoding="utf-8").replace("Four.", "Four five."))
    memory = Memory(memo, first.plan)
    why = build(read_inputs(tmp_path), run_here, memory=memory, **choice).plan.why  # type: ignore[arg-type]
    assert {name: told for name, told in why.items() if name.startswith("content/")} == {
        "content/about.md": ("its mark, or a number of the site in its text",),
        "content/posts/b.md": ("the text of content/posts/b.md",),
    }


def test_an_open_site_tells_and_shows_the_number_anew(tmp_path: Path) -> None:
    write_files(tmp_path, SITE)
    (tmp_path / "site.toml").write_text(CONFIG, encoding="utf-8")
    choice = Choice(now=NOW, drafts=False, future=False)
    live = Live(read_inputs(tmp_path), choice, Memory(Memo()), run_here, refuse)
    before = _shown(live)
    file = tmp_path / "content/posts/b.md"
    file.write_text(file.read_text(encoding="utf-8").replace("Four.", "Four five six."))
    (changed,) = (o for o in read_inputs(tmp_path).originals if o.path == "content/posts/b.md")
    after = live.change(changed)
    assert after
    assert "about/index.html" in after.showing("content/posts/b.md")
    assert _shown(after) != before == _shown(live)
    inputs = read_inputs(tmp_path)
    clean = build(inputs, run_here, now=NOW, drafts=False, future=False).snapshot
    assert (clean.artifacts["about/index.html"].data or b"").decode() == _shown(after)


def _shown(live: Live) -> str:
    page = live.get("about/index.html")
    assert page
    assert not isinstance(page, tuple)
    return (page.data or b"").decode()
