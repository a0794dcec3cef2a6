"""Drafts and future posts leave no trace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sitegen.cli import main
from sitegen.traces import Secrets, addresses_in
from tests.sites import CONFIG, make_site, write_files

SITE = """
== content/posts/a.md
---
title: A
date: 2026-01-01
tags: [shared]
---
Seen by all.
== content/posts/secret.md
---
title: Hushhush
date: 2026-01-02
tags: [shared, quietly]
draft: true
aliases: [/old-secret/]
---
The unpublished sentence.

```attention
id: hidden-figure
model: toy
tokens: veiled words
Q: 1 0 / 0 1
K: 1 0 / 0 1
```
== content/poems/later.md
---
title: Latermost
date: 2026-12-24
---
A line of the future.
"""


def test_a_build_with_drafts_equals_one_without_the_files(tmp_path: Path) -> None:
    with_drafts = make_site(tmp_path / "one", SITE)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two/content/posts/secret.md").unlink()
    (tmp_path / "two/content/poems/later.md").unlink()
    without = make_site(tmp_path / "two")
    assert with_drafts.errors == []
    one, two = (
        {path: artifact.data for path, artifact in site.built.snapshot.artifacts.items()}
        for site in (with_drafts, without)
    )
    assert one == two


def test_no_output_holds_a_word_of_a_draft(tmp_path: Path) -> None:
    site = make_site(tmp_path, SITE)
    for word in ("Hushhush", "unpublished sentence", "veiled", "quietly", "Latermost", "secret"):
        found = [
            path
            for path, artifact in site.built.snapshot.artifacts.items()
            if word in path or word.encode() in (artifact.data or b"")
        ]
        assert found == [], word


def test_what_is_left_out_is_named_with_the_reason(tmp_path: Path) -> None:
    site = make_site(tmp_path, SITE)
    assert {each.path: each.why for each in site.built.snapshot.left_out} == {
        "content/posts/secret.md": "it is a draft; it will appear when `draft: true` is taken out",
        "content/poems/later.md": (
            "its date is in the future; it will appear on 2026-12-24 00:00 (UTC)"
        ),
    }


def test_drafts_and_future_posts_can_be_asked_for(tmp_path: Path) -> None:
    site = make_site(tmp_path, SITE, drafts=True, future=True)
    assert site.errors == []
    assert "Hushhush" in site.text("posts/secret/index.html")
    assert "A line of the future." in site.text("poems/later/index.html")


# --- the proof -----------------------------------------------------------------------------------

WORDS = {
    "en": "The water was so still that evening that nobody in the boat would speak first. ",
    "de": "Über dem Fluß hing der Nebel, und keiner von uns wußte mehr, wo das Ufer begann. ",
    "zh": "那天晚上水面非常平静船上没有人愿意第一个开口说话我们只是看着月亮慢慢地"
    "从远处的山后面升起来照亮了整条河流和两岸的树林。",
    "el": "Το νερό ήταν τόσο ήσυχο εκείνο το βράδυ που κανείς δεν ήθελε να μιλήσει πρώτος. ",
}


def many_drafts(root: Path) -> None:
    write_files(root, f"== site.toml\n{CONFIG}{SITE}")
    for number in range(50):
        language = list(WORDS)[number % 4]
        name = "a" if number == 7 else f"hidden-{number}"  # `a` is a published post, too
        folder = "essays" if name == "a" else "posts"
        front = f"title: {'A' if name == 'a' else f'Hidden {number}'}\nlang: {language}\n"
        front += f"tags: [only-{number}]\ndraft: true\ndate: 2025-01-01\n"
        text = f"{WORDS[language]}{number}\n\n![own](own-{number}.svg) ![both](both.svg)\n"
        write_files(root, f"== content/{folder}/{name}.md\n---\n{front}---\n{text}")
        write_files(root, f"== content/{folder}/own-{number}.svg\n<svg/>\n")
    write_files(root, "== content/posts/both.svg\n<svg/>\n== content/posts/nobody.svg\n<svg/>\n")
    post = root / "content/posts/a.md"
    post.write_text(f"{post.read_text()}\n![both](both.svg)\n")


def test_fifty_drafts_leave_no_trace_and_what_only_they_use_is_left_out(tmp_path: Path) -> None:
    many_drafts(tmp_path)
    done = CliRunner().invoke(main, ["build", "-s", str(tmp_path), "--verify"])
    assert done.exit_code == 0, done.output
    assert "no trace of 102 files that are left out" in done.output
    assert "own-3.svg: only content/posts/hidden-3.md refers to it" in done.output
    files = {path.name for path in (tmp_path / "public").rglob("*.svg")}
    assert {"both.svg", "nobody.svg"} <= files
    assert not any(name.startswith("own-") for name in files)
    assert b"hidden" not in (tmp_path / "urls.lock").read_bytes()


@pytest.mark.parametrize("language", WORDS)
def test_a_draft_in_any_file_is_found(tmp_path: Path, language: str) -> None:
    many_drafts(tmp_path)
    words = WORDS[language].replace(" ", "</b> <b>", 3).replace("e", "&#101;")
    write_files(tmp_path, f"== static/x.html\n<p>{words}\n")
    done = CliRunner().invoke(main, ["build", "-s", str(tmp_path), "--verify"])
    assert done.exit_code == 1
    assert '"x.html" tells of what is not to be published' in done.output
    assert not (tmp_path / "public").exists()


def test_an_address_of_a_draft_is_found(tmp_path: Path) -> None:
    many_drafts(tmp_path)
    write_files(tmp_path, "== static/x.txt\nhttps://example.org/posts/hidden-3/\n")
    done = CliRunner().invoke(main, ["build", "-s", str(tmp_path), "--verify"])
    assert '"x.txt" tells of what is not to be published: it has the address of' in done.output


def test_any_run_of_sixty_characters_is_found_and_what_is_published_is_none() -> None:
    text = (WORDS["en"] + WORDS["de"]) * 2
    secrets = Secrets([text], ["Something else."])
    for start in range(0, 170, 7):
        assert secrets.shared(f"<p>Before {text[start : start + 60]} after".encode()), start
    assert Secrets([text], [f"As I wrote: {text}"]).shared(text.encode()) is None
    assert (
        secrets.shared(b"Nothing of it is here, however long this may become in the end.") is None
    )
    assert addresses_in(b'href="/posts/a/b/"', {"a": b"/posts/a/"}, b"https://e.org") == []
    assert addresses_in(b'href="/posts/a/"', {"a": b"/posts/a/"}, b"https://e.org") == ["a"]
