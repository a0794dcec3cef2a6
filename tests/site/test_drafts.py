"""Drafts and future posts leave no trace."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.sites import make_site

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
