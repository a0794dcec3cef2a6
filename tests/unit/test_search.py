"""What can be searched for: the entry of a source, shards, and when there is a search at all."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sitegen.search import count_shards, entry_of, path_of, share_out
from tests.documents import document
from tests.sites import CONFIG, MadeSite, make_site

POEM = """== content/poems/bat.md
---
tags: [night, owls]
lang: de
---
# The Bat

First[^a] *line*
    an indented “line”

Third

## ii

Fourth

[^a]: A note on the first.
"""
ESSAY = """== content/posts/scale.md
# Scale

Before any heading.

## The *walk* {#walk}

One paragraph[^1] with $x^2$ and `code`.
Its second sentence &amp; more.

> [!NOTE]
> Careful.

```poem
Verse in prose
```

After the verse.

[^1]: Aside, with[^2] another.
[^2]: The other.
"""


def asked(root: Path, text: str, **chosen: bool) -> MadeSite:
    """A site with a search."""
    return make_site(root, f"== site.toml\nsearch = true\n{CONFIG}{text}", **chosen)


def rows_of(site: MadeSite) -> dict[str, list[Any]]:
    """What each page hands to the browser, by address."""
    shards = [path for path in site.paths if path.startswith("search/") and path.endswith(".js")]
    found: dict[str, list[Any]] = {}
    for path in shards:
        script = site.text(path)
        assert script.startswith("takeShard(")
        rows = json.loads(script.removeprefix("takeShard(").removesuffix(")\n"))
        found |= {row[0]: row[1:] for row in rows}
    return found


def test_each_line_of_a_poem_has_its_number_and_its_notes_lead_to_it(tmp_path: Path) -> None:
    row = rows_of(asked(tmp_path, POEM))["/poems/bat/"]
    assert row[:5] == ["The Bat", "de", "poem", "night · owls", ""]
    assert row[5] == [
        ["L", 1, "First line\nan indented “line”\nThird"],
        ["L1", "", "A note on the first."],
        ["ii", "ii", ""],
        ["L", 4, "Fourth"],
    ]


def test_an_essay_is_cut_at_headings_and_at_verse(tmp_path: Path) -> None:
    row = rows_of(asked(tmp_path, ESSAY))["/posts/scale/"]
    passages = {(anchor, opens): text for anchor, opens, text in row[5]}
    assert passages["", ""] == "Before any heading."
    walk = passages["walk", "The walk"].split("\n")
    assert walk[0].startswith("One paragraph with x^2 and code.")
    assert "sentence & more." in " ".join(walk)
    assert walk[-2:] == ["Aside, with another.", "The other."]
    [(verse, text)] = [(each, passages[each]) for each in passages if isinstance(each[1], int)]
    assert verse[0].endswith("L")
    assert (verse[1], text) == (1, "Verse in prose")
    assert passages["walk", ""] == "After the verse."


def test_numbers_of_figures_are_no_text_and_captions_are(tmp_path: Path) -> None:
    fence = "```attention\nmodel: toy\ntokens: bat flew\nQ: 2 0 / 0 2\nK: 1 0 / 0 1\n"
    fence += "caption: Who looks at whom.\n```\n"
    site = asked(tmp_path, f"== content/a.md\n# A\n\nWords.\n\n{fence}")
    [[_, _, text]] = rows_of(site)["/a/"][5]
    assert text == "Words.\nWho looks at whom."


def test_a_typed_description_is_found_and_one_made_of_the_text_is_not_there_twice(
    tmp_path: Path,
) -> None:
    source = "== content/a.md\n---\ndescription: Typed.\n---\nOne.\n== content/b.md\nTwo.\n"
    rows = rows_of(asked(tmp_path, source))
    assert (rows["/a/"][4], rows["/b/"][4]) == ("Typed.", "")


def test_what_is_not_asked_for_is_not_there(tmp_path: Path) -> None:
    site = make_site(tmp_path, ESSAY)
    assert not [path for path in site.paths if "search" in path or path.startswith("find.")]
    assert "Search" not in site.text("index.html")


def test_a_draft_never_can_be_found(tmp_path: Path) -> None:
    source = "== content/a.md\n---\ndraft: true\n---\nHidden words.\n== content/b.md\nShown.\n"
    site = asked(tmp_path, source, drafts=True)
    assert "a/index.html" in site.paths
    assert list(rows_of(site)) == ["/b/"]


def test_every_page_links_to_the_search_and_it_names_its_shards(tmp_path: Path) -> None:
    site = asked(tmp_path, ESSAY + POEM)
    assert '<a href="/search/">Search</a>' in site.text("posts/scale/index.html")
    page = site.text("search/index.html")
    assert 'data-shards="1"' in page
    assert '<a href="/tags/">' in page
    assert '<a href="/archive/">' in page


def test_a_page_of_the_writer_s_own_introduces_the_search(tmp_path: Path) -> None:
    own = "== content/search.md\n---\ntitle: Find\n---\nMy own words.\n"
    site = asked(tmp_path, ESSAY + own)
    page = site.text("search/index.html")
    assert site.problems == ()
    assert "<h1>Find</h1>" in page
    assert "My own words." in page
    assert 'role="search"' in page


def test_a_section_called_search_wins_and_a_warning_says_so(tmp_path: Path) -> None:
    site = asked(tmp_path, "== content/search/a.md\n---\ntype: post\n---\nWords.\n")
    [problem] = site.problems
    assert problem.severity == "warning"
    assert "there is no search: the section content/search/" in problem.message
    assert not rows_of(site)
    assert 'role="search"' not in site.text("search/index.html")


def test_a_file_at_the_place_of_a_shard_is_an_error(tmp_path: Path) -> None:
    site = asked(tmp_path, f"{ESSAY}== content/search/0.js\n1\n")
    assert [each for each in site.errors if "search/0.js" in each]


@pytest.mark.parametrize(
    ("pages", "shards"),
    [(0, 1), (1, 1), (64, 1), (65, 2), (128, 2), (129, 4), (1000, 16), (10**5, 16)],
)
def test_a_site_has_a_shard_for_each_64_pages_up_to_16(pages: int, shards: int) -> None:
    assert count_shards(pages) == shards


def test_the_shard_of_a_source_depends_on_no_other_source() -> None:
    paths = [f"content/posts/{number}.md" for number in range(1000)]
    whole = share_out(paths, 16)
    assert [[path for path in shard if path in paths[::3]] for shard in whole] == share_out(
        paths[::3], 16
    )
    assert 35 < min(map(len, whole)) <= max(map(len, whole)) < 95
    assert path_of(3) == "search/3.js"


def test_the_edit_of_a_text_changes_one_shard_and_not_the_page(tmp_path: Path) -> None:
    sources = [f"== content/posts/{number}.md\n# T{number}\n\nWords.\n" for number in range(70)]
    before = asked(tmp_path / "a", "".join(sources))
    sources[7] += "\nMore of them, and longer than the first paragraph.\n"
    after = asked(tmp_path / "b", "".join(sources))
    files = [path for path in before.paths if path.startswith("search/")]
    assert len(files) == 3
    changed = [path for path in files if before.text(path) != after.text(path)]
    assert len(changed) == 1
    assert changed[0].endswith(".js")


def test_raw_headings_that_never_end_take_no_long_time() -> None:
    raw = '<h2 id="a">' * 100_000 + "The end.</h2 >"
    begun = time.process_time()
    assert b"The end." in entry_of(document("content/a.md", body=[raw]))
    assert time.process_time() - begun < 5
