"""What a reader finds of series, backlinks, first lines and notes, and what an edit renders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sitegen.build import Memory, build
from sitegen.inputs import read_inputs
from sitegen.memo import Memo
from tests.sites import NOW, MadeSite, make_site, run_here

SITE = """
== content/posts/one.md
---
title: One & only
date: 2026-01-01
series: On <snow>
---
A text with a note,[^a] and a link to [two](two.md#part).

[^a]: The *note*, with [a link](#part) and [another](two.md).

## Part

== content/posts/two.md
---
title: Two
date: 2026-01-02
series: On <snow>
---
Notes of all kinds.[^b] [^c]

## Part

[^b]: A figure in a note, beside [^c]:

    ```attention
    model: toy
    tokens: a b
    seed: 1
    d_model: 4
    ```

[^c]: With ![a picture](pic.svg), $x^2$ and <b id="mine">an id</b>.

    | a |
    | - |
    | b |

== content/posts/three.md
---
title: Drei
lang: de
date: 2026-01-03
---
Siehe [eins](one.md), [zwei](two.md) und [noch einmal eins](/posts/one/).

== content/posts/pic.svg
<svg xmlns="http://www.w3.org/2000/svg" width="4" height="5"/>

== content/poems/a.md
---
title: Quoted
---
> said before,
> by somebody else

“Émile,” she *said*,[^n] & `left`
the room.

[^n]: A note in verse.

== content/poems/b.md
---
title: Long
---
ZEBRAS
""".replace("ZEBRAS", " ".join(["zebras"] * 15))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeSite:
    made = make_site(tmp_path_factory.mktemp("site"), SITE)
    assert made.errors == []
    return made


def test_a_page_says_which_part_of_a_series_it_is(made: MadeSite) -> None:
    one, two = made.text("posts/one/index.html"), made.text("posts/two/index.html")
    name = '<a href="/series/on-snow/">On &lt;snow&gt;</a>'
    assert f"Part 1 of 2 of <cite>{name}</cite>" in one
    assert '<a class="after" href="/posts/two/"><span>Part 2</span> Two</a>' in one
    assert '<a class="before" href="/posts/one/"><span>Part 1</span> One &amp; only</a>' in two
    assert 'class="series"' not in made.text("posts/three/index.html")
    listed = made.text("series/on-snow/index.html")
    assert '<ol class="entries' in listed
    assert listed.index('href="/posts/one/"') < listed.index('href="/posts/two/"')


def test_a_page_says_who_links_to_it(made: MadeSite) -> None:
    shown = re.search(
        r'<aside class="backlinks".*?</aside>', made.text("posts/two/index.html"), re.DOTALL
    )
    assert shown
    assert re.findall(r'href="([^"]*)"', shown[0]) == ["/posts/three/", "/posts/one/"]
    assert "backlinks" not in made.text("posts/three/index.html")


def test_of_very_many_links_to_a_page_the_newest_are_named(tmp_path: Path) -> None:
    posts = "".join(
        f"== content/posts/2026-01-{n:02}-a{n}.md\n[about](../about.md)\n\n"
        f"== content/posts/2026-02-{n:02}-b{n}.md\n[about](../about.md)\n\n"
        for n in range(1, 27)
    )
    about = make_site(tmp_path, f"\n{posts}== content/about.md\nOf me.\n").text("about/index.html")
    named = re.findall(r'<li><a href="/posts/([^"]*)/"', about)
    assert (len(named), named[0], named[-1]) == (50, "b26", "a3")
    assert "<li>and 2 more</li>" in about


def test_the_first_line_of_a_poem_is_plain_text_behind_its_epigraph(made: MadeSite) -> None:
    index = made.text("first-lines/index.html")
    assert '<a href="/poems/a/#L3" dir="auto">“Émile,” she said, &amp; left</a>' in index
    assert '<cite dir="auto">Quoted</cite>' in index
    assert 'id="L3"' in made.text("poems/a/index.html")
    (long,) = re.findall(r"zebras [^<]*", index)
    assert (long[-8:], len(long) <= 101) == (" zebras…", True)
    assert index.index("Émile") < index.index("zebras")
    assert "<h2" not in index


def test_many_first_lines_stand_below_their_letters(tmp_path: Path) -> None:
    poems = "".join(f"== content/poems/{n}.md\n{'abc'[n % 3]} line {n}\n\n" for n in range(31))
    index = make_site(tmp_path, f"\n{poems}== content/poems/last.md\n1984\n").text(
        "first-lines/index.html"
    )
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", index) == ["A", "B", "C", "…"]


def test_every_note_stands_below_the_title_of_its_page_and_leads_back(made: MadeSite) -> None:
    listed = made.text("sidenotes/index.html")
    titles = re.findall(r'<h2><a href="([^"]*)"', listed)
    assert titles == ["/posts/two/", "/posts/one/", "/poems/a/"]
    places = re.findall(r'<a class="back" href="([^"#]*)#([^"]*)"', listed)
    assert places == [
        *(("/posts/two/", f"noteref.{n}") for n in (1, 2)),
        *((path, "noteref.1") for path in ("/posts/one/", "/poems/a/")),
    ]
    for path, name in places:
        assert f'id="{name}"' in made.text(f"{path[1:]}index.html")


def test_links_and_figures_in_listed_notes_work_and_no_id_is_there_twice(made: MadeSite) -> None:
    listed = made.text("sidenotes/index.html")
    assert re.findall(r'\sid="([^"]*)"', listed) == ["page.main"]
    assert 'The <em>note</em>, with <a href="/posts/one/#part">a link</a>' in listed
    figure = '<a href="/posts/two/#figure.1"><img src="/posts/two/figure-1.svg" alt="'
    assert figure in listed
    assert 'id="figure.1"' in made.text("posts/two/index.html")
    assert '<img src="/posts/pic.svg" alt="a picture"' in listed
    assert '<a class="noteref" href="/posts/two/#endnote.2">2</a>' in listed
    assert 'id="endnote.2"' in made.text("posts/two/index.html")
    assert 'role="region"' not in listed
    assert "Table 1" in listed


def test_notes_of_a_page_in_another_language_say_so(tmp_path: Path) -> None:
    site = make_site(tmp_path, "\n== content/a.md\n---\nlang: he\n---\nText.^[A note.]\n")
    assert '<section class="noted" lang="he" dir="rtl">' in site.text("sidenotes/index.html")


def test_drafts_are_in_none_of_these_lists(tmp_path: Path) -> None:
    front = "---\ntitle: Secret\ndraft: true\nseries: On <snow>\n---\n"
    draft = f"{front}hidden [one](../posts/one.md)^[x]\n"
    site = make_site(tmp_path, f"{SITE}\n== content/poems/draft.md\n{draft}")
    assert site.errors == []
    for path in site.paths:
        if path.endswith(".html"):
            assert "Secret" not in site.text(path)
            assert "hidden one" not in site.text(path)
    shown = make_site(tmp_path, drafts=True)
    assert "Part 1 of 3" in shown.text("posts/one/index.html")
    assert "Secret" in shown.text("first-lines/index.html")


# --- what an edit renders ------------------------------------------------------------------------


def rendered_after(tmp_path: Path, old: str, new: str) -> set[str]:
    """The pieces that a second build renders after an edit of the first post."""
    root = tmp_path / "site"
    site = make_site(root, SITE)
    memo = Memo()
    kinds = {"now": NOW, "drafts": False, "future": False}
    first = build(site.inputs, run_here, memory=Memory(memo), **kinds)  # type: ignore[arg-type]
    file = root / "content/posts/one.md"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    second = build(
        read_inputs(root),
        run_here,
        memory=Memory(memo, first.plan),
        **kinds,  # type: ignore[arg-type]
    )
    return set(second.plan.why)


def test_another_link_renders_the_pages_concerned(tmp_path: Path) -> None:
    again = rendered_after(tmp_path, "two.md#part", "three.md")
    pages = {name for name in again if name.endswith(".md")}
    assert pages == {"content/posts/one.md", "content/posts/three.md"}


def test_another_note_renders_its_page_and_one_page_of_the_list(tmp_path: Path) -> None:
    again = rendered_after(tmp_path, "The *note*", "Another note")
    assert {name for name in again if not name.endswith(".xml")} == {
        "content/posts/one.md",
        "/sidenotes/",
    }


TAGGED = """
== site.toml
title = "A site"
url = "https://example.org/"

== content/posts/one.md
---
title: One
date: 2026-01-01
tags: [owls]
---
Words, and [its text](/posts/one/index.md).
"""


def test_neither_feeds_of_tags_nor_sources_are_published_where_the_site_wants_none(
    tmp_path: Path,
) -> None:
    made = make_site(tmp_path, TAGGED)
    assert {"posts/one/index.md", "tags/owls/feed.xml", "tags/owls/feed.json"} <= made.paths
    assert "Feed of this tag" in made.text("tags/owls/index.html")
    (tmp_path / "urls.lock").write_bytes(made.built.urls)
    config = (tmp_path / "site.toml").read_text(encoding="utf-8")
    more = "tag_feeds = false\nsources = false\n"
    (tmp_path / "site.toml").write_text(config + more, encoding="utf-8")
    less = make_site(tmp_path)
    assert "posts/one/index.md" not in less.paths
    assert "index.md" not in less.text("posts/one/index.html").replace("/posts/one/index.md", "", 1)
    assert "Feed of this tag" not in less.text("tags/owls/index.html")
    # Who subscribed to it is told nothing wrong; who did not finds none.
    assert "<entry>" not in less.text("tags/owls/feed.xml")
    (tmp_path / "urls.lock").unlink()
    assert "tags/owls/feed.xml" not in make_site(tmp_path).paths
    assert "<entry>" in less.text("feed.xml")
    assert [each.message for each in less.problems] == [
        '"/posts/one/index.md" leads to nothing: no page, file or alias of the site is there'
    ]
