"""A folder of files that nobody wrote for us."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from tests.sites import CONFIG, make_site


def test_any_nested_folder_builds_without_front_matter(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        """
== content/deep/er/and/deeper/note.md
# comment in a heading, with `code`

```sh
# not a title
```
== content/README.md
Just words.
== content/2024-03-poem-in-march.md
words
""",
    )
    assert site.problems == ()
    assert "comment in a heading, with code" in site.text("deep/er/and/deeper/note/index.html")
    assert "# not a title" in site.text("deep/er/and/deeper/note/index.html").replace(
        '<span class="c1">', ""
    )
    assert {"readme/index.html", "poem-in-march/index.html"} <= site.paths


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a: b.md", "posts/a-b/index.html"),
        ("salt & pepper.md", "posts/salt-pepper/index.html"),
        ("#1.md", "posts/1/index.html"),
        ("slowly..md", "posts/slowly/index.html"),
        ("注意.md", "posts/注意/index.html"),
        ("한국.md", "posts/한국/index.html"),
        ("2026-01-02-day.md", "posts/day/index.html"),
        ("ÉTÉ.md", "posts/été/index.html"),
    ],
)
def test_odd_names_have_an_address_and_a_title(tmp_path: Path, name: str, output: str) -> None:
    site = make_site(tmp_path, f"== content/posts/{name}\nwords\n")
    assert site.problems == ()
    assert output in site.paths


def test_names_that_differ_by_case_only_are_refused_with_both_named(tmp_path: Path) -> None:
    site = make_site(tmp_path, "== content/posts/Note.md\na\n== content/posts/note.md\nb\n")
    [error] = site.errors
    assert "content/posts/Note.md" in site.report
    assert "content/posts/note.md" in site.report
    assert "posts/note" in error


@pytest.mark.parametrize("odd", ["{{7*7}}", "{% include 'x' %}", "{# gone #}", "{{ site.url }}"])
def test_what_looks_like_a_template_is_inert(tmp_path: Path, odd: str) -> None:
    site = make_site(
        tmp_path,
        f"== content/posts/a.md\n---\ntitle: 'The {odd.replace(chr(39), chr(39) * 2)} title'\n---\n"
        f"Before {odd} after.\n\n`{odd}`\n\n```\n{odd}\n```\n"
        f"== content/poems/b.md\nA line {odd} of verse\n",
    )
    assert site.problems == ()
    page = site.text("posts/a/index.html").replace("&#39;", "'").replace("&#x27;", "'")
    assert page.count(odd.replace("'", "’")) + page.count(odd) >= 3
    assert "49" not in re.sub(r"\.[0-9a-f]{10}\.", "", page), "not of a file's digest"
    assert odd in site.text("poems/b/index.html").replace("&#39;", "'").replace("‘", "'").replace(
        "’", "'"
    )


def test_text_in_a_feed_and_in_attributes_is_escaped(tmp_path: Path) -> None:
    title = '<script>alert(1)</script> "q" ]]> -- &amp;'
    site = make_site(
        tmp_path,
        f"== content/posts/a.md\n---\ntitle: {json.dumps(title)}\ndate: 2026-01-01\n"
        "tags: ['<b>&\"']\n---\nwords ]]> and \x0b more\n",
    )
    assert site.errors == []
    for path in ("index.html", "posts/a/index.html", "feed.xml", "tags/index.html"):
        assert "<script>" not in site.text(path)
        assert "alert(1)</script" not in site.text(path)
    assert json.loads(site.text("feed.json"))["items"][0]["title"] == title


def test_files_beside_a_source_are_published_at_the_same_path(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/posts/a/index.md\n[data](numbers.csv)\n== content/posts/a/numbers.csv\n1,2\n",
    )
    assert site.problems == ()
    assert site.text("posts/a/numbers.csv") == "1,2\n"
    assert 'href="/posts/a/numbers.csv"' in site.text("posts/a/index.html")


def test_an_empty_site_builds(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    assert site.problems == ()
    assert {"index.html", "404.html", "sitemap.xml", "robots.txt"} <= site.paths


@pytest.mark.parametrize("text", ["", "---\ntitle: A\n---\n", "---\n---\n", "\ufeff\r\n"])
def test_an_empty_source_is_a_page(tmp_path: Path, text: str) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/a.md").write_text(text, encoding="utf-8", newline="")
    site = make_site(tmp_path)
    assert site.problems == ()
    assert "a/index.html" in site.paths


def test_a_bom_crlf_and_a_missing_last_newline_change_no_byte(tmp_path: Path) -> None:
    clean = "---\ntitle: A\n---\n\nOne line,\n    two.\n\n- a\n- b\n"
    made = []
    for name, text in (("one", clean), ("two", "\ufeff" + clean.replace("\n", "\r\n").rstrip())):
        folder = tmp_path / name / "content"
        folder.mkdir(parents=True)
        (folder / "a.md").write_text(text, encoding="utf-8", newline="")
        made.append(make_site(tmp_path / name).built.snapshot.artifacts)
    assert made[0] == made[1]


def test_a_site_below_a_path_links_below_it(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        '== site.toml\ntitle = "A"\nurl = "https://example.org/blog"\n'
        "== content/posts/a.md\n[b](b.md) and [c](/posts/b/)\n== content/posts/b.md\nwords\n",
    )
    assert site.problems == ()
    page = site.text("posts/a/index.html")
    assert page.count('href="/blog/posts/b/"') >= 2
    assert 'href="/posts' not in page


def test_a_folder_of_pages_only_can_be_walked_from_the_home_page(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/python/lists.md\nwords\n== content/python/sets.md\nwords\n"
        "== content/git/log.md\nwords\n== content/with-index/index.md\n# Mine\n"
        "== content/with-index/page.md\nwords\n",
    )
    assert site.problems == ()
    home = site.text("index.html")
    assert 'href="/python/lists/"' in home
    assert 'href="/python/"' in home
    assert 'href="/python/sets/"' in site.text("python/index.html")
    assert 'href="/with-index/page/"' not in site.text("with-index/index.html")
    for path in ("index.html", "404.html", "git/log/index.html"):
        assert "/archive/" not in site.text(path)
        assert 'href=""' not in site.text(path)


def test_a_robots_txt_of_the_writers_own_wins(tmp_path: Path) -> None:
    site = make_site(tmp_path, "== static/robots.txt\nUser-agent: *\nDisallow: /\n")
    assert site.problems == ()
    assert site.text("robots.txt") == "User-agent: *\nDisallow: /\n"


def test_links_that_an_old_blog_made_to_its_addresses_find_their_pages(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/essays/2024-03-04-name.md\nwords\n== content/essays/_index.md\n# All essays\n"
        "== content/notes/a.md\n"
        "[1](/essays/name.html) [2](/essays/2024-03-04-name) [3](/essays/2024-03-04-name.html)\n"
        "[4](../essays/2024-03-04-name.html) [5](/essays/name/) [6](/essays/)\n",
    )
    assert site.problems == ()
    page = site.text("notes/a/index.html")
    assert page.count('href="/essays/name/"') == 5
    assert "All essays" in site.text("essays/index.html")


def test_a_link_without_the_date_of_a_file_is_told_the_file(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/essays/2024-03-04-name.md\nwords\n== content/notes/a.md\n"
        "[x](../essays/name.md) [y](/essays/nam/)\n",
    )
    assert site.report.count('did you mean "../essays/2024-03-04-name.md"?') == 2


def test_a_page_with_a_refused_address_is_never_published(tmp_path: Path) -> None:
    site = make_site(tmp_path, "== content/odd/CON.md\nwords\n")
    assert len(site.errors) == 1
    assert not [path for path in site.paths if "CON" in path or path.startswith(".")]


def test_a_link_to_the_title_of_another_page_leads_to_its_heading(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/posts/a.md\n# The Long Title\n\nwords\n"
        "== content/posts/b.md\n[x](a.md#the-long-title)\n",
    )
    assert site.problems == ()
    assert 'href="/posts/a/#the-long-title"' in site.text("posts/b/index.html")
    assert ' id="the-long-title"' in site.text("posts/a/index.html")


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("stored", ["NFC", "NFD"])
def test_a_section_is_known_however_its_accents_are_stored(
    tmp_path: Path, typed: Literal["NFC", "NFD"], stored: Literal["NFC", "NFD"]
) -> None:
    section = (
        f'[sections."{normalize(typed, "poésie")}"]\ntype = "poem"\npermalink = "/v/{{slug}}/"'
    )
    source = f"content/{normalize(stored, 'poésie')}/a.md"
    site = make_site(tmp_path, f"== site.toml\n{CONFIG}{section}\n== {source}\nA line\n")
    assert site.problems == ()
    assert 'class="poem"' in site.text("v/a/index.html")


def test_a_beginning_on_the_home_page_leaves_its_notes_behind(tmp_path: Path) -> None:
    site = make_site(
        tmp_path,
        "== content/poems/a.md\n---\ndate: 2026-01-01\n---\nso much[^1]\n    depends\n\n"
        "[^1]: on it\n"
        "== content/essays/b.md\n---\ndate: 2026-01-02\n---\nso little^[on that] *hangs[^2]*\n\n"
        "[^2]: on a thread\n",
    )
    assert site.problems == ()
    html = site.text("index.html")
    assert "so much" in html
    assert "so little" in html
    for note in ("on it", "on that", "on a thread", "noteref"):
        assert note not in html
    assert 'id="lead.2.lead.L2"' in html
    assert "on it" in site.text("poems/a/index.html")
