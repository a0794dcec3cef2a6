"""Addresses that last: what becomes of a page that moves, and of one that goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sitegen.cli import main
from tests.sites import CONFIG, MadeSite, make_site, write_files

SITE = """
== content/posts/a.md
---
title: A
date: 2026-01-01
tags: [x]
---
The text of A.
== content/posts/b.md
---
title: B
date: 2026-01-02
---
The text of B.
"""


def begin(root: Path, text: str = SITE) -> MadeSite:
    return keep(make_site(root, text))


def keep(site: MadeSite) -> MadeSite:
    assert site.errors == []
    (site.root / "urls.lock").write_bytes(site.built.urls)
    return site


def target(site: MadeSite, url: str) -> str:
    return {each.url: each.target for each in site.built.site.redirects}[url]


def change(root: Path, path: str, old: str, new: str) -> None:
    file = root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_page_that_moves_takes_its_former_addresses_and_its_id_with_it(tmp_path: Path) -> None:
    begin(tmp_path)
    change(tmp_path, "content/posts/a.md", "title: A", "title: A\nslug: second")
    keep(make_site(tmp_path))
    change(tmp_path, "content/posts/a.md", "slug: second", "slug: third")
    (tmp_path / "content/posts/a.md").rename(tmp_path / "content/posts/renamed.md")
    site = keep(make_site(tmp_path))
    assert target(site, "/posts/a/") == target(site, "/posts/second/") == "/posts/third/"
    assert site.text("feed.xml").count("<id>https://example.org/posts/a/</id>") == 1
    assert '"id": "https://example.org/posts/a/"' in site.text("feed.json")
    assert make_site(tmp_path).built.urls == site.built.urls


def test_a_page_that_goes_is_a_mistake_until_its_address_leads_somewhere(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "content/posts/b.md").unlink()
    site = make_site(tmp_path)
    assert site.errors == [
        '"/posts/b/" was published, and it would be lost: there is no content/posts/b.md any more'
    ]
    (problem,) = (each for each in site.problems if each.severity == "error")
    assert problem.span is not None
    assert problem.span.path == "urls.lock"
    for more in ('[redirects]\n"/posts/b/" = "/posts/"\n', 'gone = ["/posts/b/"]\n'):
        (tmp_path / "site.toml").write_text(CONFIG + more)
        assert more.split('"')[1] in (problem.hint or "")
        keep(make_site(tmp_path))


def test_renamed_and_changed_in_one_build_needs_one_alias(tmp_path: Path) -> None:
    begin(tmp_path)
    (tmp_path / "content/posts/a.md").rename(tmp_path / "content/posts/aa.md")
    change(tmp_path, "content/posts/aa.md", "The text", "Another text")
    (problem,) = (each for each in make_site(tmp_path).problems if each.severity == "error")
    assert (problem.hint or "").startswith(
        'did you mean content/posts/aa.md? write `aliases: ["/posts/a/"]` there'
    )
    change(tmp_path, "content/posts/aa.md", "title: A", 'title: A\naliases: ["/posts/a/"]')
    site = keep(make_site(tmp_path))
    assert "<id>https://example.org/posts/a/</id>" in site.text("feed.xml")


@pytest.mark.parametrize("line", ["draft: true", "date: 2030-01-01"])
def test_what_was_published_and_is_left_out_again_is_a_mistake(tmp_path: Path, line: str) -> None:
    begin(tmp_path)
    change(tmp_path, "content/posts/b.md", "date: 2026-01-02", line)
    assert ["was published" in each for each in make_site(tmp_path).errors] == [True]
    preview = make_site(tmp_path, drafts=True, future=True)
    assert preview.errors == []
    assert ["was published" in each.message for each in preview.problems] == [True]


def test_two_posts_that_change_places_keep_their_ids(tmp_path: Path) -> None:
    begin(tmp_path)
    change(tmp_path, "content/posts/a.md", "title: A", "title: A\nslug: b")
    change(tmp_path, "content/posts/b.md", "title: B", "title: B\nslug: a")
    pages = keep(make_site(tmp_path)).built.pages
    assert {page.url: page.id for page in pages.values()} == {
        "/posts/b/": "https://example.org/posts/a/",
        "/posts/a/": "https://example.org/posts/b/",
    }


def test_a_post_at_the_address_of_another_gets_an_id_of_its_own(tmp_path: Path) -> None:
    begin(tmp_path)
    change(tmp_path, "content/posts/a.md", "title: A", "title: A\nslug: moved")
    write_files(tmp_path, "== content/posts/new.md\n---\nslug: a\ndate: 2026-01-03\n---\nNew.\n")
    pages = keep(make_site(tmp_path)).built.pages
    assert pages["content/posts/new.md"].id == "https://example.org/posts/a/#2"
    assert pages["content/posts/a.md"].id == "https://example.org/posts/a/"


def test_a_tag_that_ends_leads_to_the_tags_and_its_feed_stays(tmp_path: Path) -> None:
    begin(tmp_path)
    change(tmp_path, "content/posts/a.md", "tags: [x]", "tags: [y]")
    site = keep(make_site(tmp_path))
    assert target(site, "/tags/x/") == "/tags/"
    assert "<id>https://example.org/tags/x/feed.xml</id>" in site.text("tags/x/feed.xml")
    assert "<entry>" not in site.text("tags/x/feed.xml")
    assert '"items": []' in site.text("tags/x/feed.json")


REDIRECTS = {
    '"/old/" = "/posts/a/#top"\n"/older/" = "/old"': ("/older/", "/posts/a/#top"),
    '"/out/" = "https://example.com/x"': ("/out/", "https://example.com/x"),
}


@pytest.mark.parametrize("table", REDIRECTS)
def test_redirects_of_the_site_lead_to_their_end_at_once(tmp_path: Path, table: str) -> None:
    site = begin(tmp_path, f"{SITE}== site.toml\n{CONFIG}[redirects]\n{table}\n")
    url, expected = REDIRECTS[table]
    assert target(site, url) == expected


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[redirects]\n"/o/" = "/no/"', '"/o/" is redirected to "/no/", which is not published'),
        ('[redirects]\n"/o/" = "/p/"\n"/p/" = "/o/"', 'the redirect of "/o/" leads in a circle'),
        ('[redirects]\n"/posts/a/" = "/"', '"/posts/a/" is in [redirects] of site.toml, and it'),
        ('gone = ["/posts/a/"]', '"/posts/a/" is in gone of site.toml, and it is the address of'),
        (
            'gone = ["/g/"]\n[redirects]\n"/o/" = "/g/"',
            '"/o/" is redirected to "/g/", which is gone',
        ),
    ],
)
def test_what_site_toml_says_is_checked(tmp_path: Path, table: str, message: str) -> None:
    site = make_site(tmp_path, f"{SITE}== site.toml\n{CONFIG}{table}\n")
    assert site.errors[0].startswith(message)


# --- the command ---------------------------------------------------------------------------------


def sitegen(root: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [words[0], "-s", str(root), *words[1:]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_files(tmp_path, f"{SITE}== site.toml\n{CONFIG}")
    return tmp_path


def test_only_a_right_build_of_the_real_site_writes_the_file(folder: Path) -> None:
    for words in (["build", "--drafts"], ["build", "--locked"], ["check"]):
        assert sitegen(folder, *words).exit_code == 0, words
    (folder / "content/posts/wrong.md").write_text("[nowhere](nowhere.md)\n")
    sitegen(folder, "build", "--keep-going")
    assert not (folder / "urls.lock").exists()
    (folder / "content/posts/wrong.md").unlink()
    assert sitegen(folder, "build").exit_code == 0
    written = (folder / "urls.lock").read_bytes()
    assert b"/posts/a/\tcontent/posts/a.md\n" in written
    assert sitegen(folder, "build", "--no-cache").exit_code == 0
    assert (folder / "urls.lock").read_bytes() == written


def test_a_locked_build_publishes_no_address_that_the_file_does_not_know(folder: Path) -> None:
    assert sitegen(folder, "build").exit_code == 0
    before = (folder / "urls.lock").read_bytes()
    change(folder, "content/posts/a.md", "The text", "Another text")
    assert sitegen(folder, "build", "--locked").exit_code == 0
    (folder / "content/posts/c.md").write_text("New.\n")
    done = sitegen(folder, "build", "--locked")
    assert done.exit_code == 1
    assert 'urls.lock does not know "/posts/c/"' in done.output
    assert (folder / "urls.lock").read_bytes() == before


def test_an_edited_text_changes_its_line_only(folder: Path) -> None:
    assert sitegen(folder, "build").exit_code == 0
    before = (folder / "urls.lock").read_text().splitlines()
    change(folder, "content/posts/a.md", "The text", "Another text")
    assert sitegen(folder, "build").exit_code == 0
    after = (folder / "urls.lock").read_text().splitlines()
    assert [line.split("\t")[0] for line in {*after} - {*before}] == ["content/posts/a.md"]
    (folder / "content/posts/a.md").rename(folder / "content/posts/z.md")
    assert sitegen(folder, "build").exit_code == 0


def test_explain_knows_where_a_former_address_leads(folder: Path) -> None:
    assert sitegen(folder, "build").exit_code == 0
    (folder / "content/posts/a.md").rename(folder / "content/posts/z.md")
    assert sitegen(folder, "build").exit_code == 0
    told = sitegen(folder, "explain", "/posts/a/").output
    assert "leads_to    /posts/z/" in told
    assert "content/posts/z.md" in told
