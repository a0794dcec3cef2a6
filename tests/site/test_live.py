"""A site that stays open has the same files as one that is built anew, after every edit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PIL import Image

from sitegen.build import Memory, build
from sitegen.build.live import Live
from sitegen.build.pieces import Piece
from sitegen.build.stage import Choice
from sitegen.inputs import read_inputs
from sitegen.memo import Memo
from sitegen.model import Artifact, Source
from tests.readings import FakeModels
from tests.sites import CONFIG, NOW, run_here, write_files

SITE = """
== content/posts/a.md
---
title: A
date: 2026-01-01
tags: [one, two]
---
The first text, see [b](b.md).

== content/posts/b.md
---
title: B
date: 2026-01-02
tags: [one]
---
The second text.

```attention
text: the bat flew
model: minilm
```

== content/poems/c.md
A line

and another

== content/poems/d.md
---
title: D
series: Both
---
The only line.^[With a note.]

== content/posts/picture.txt
Copied as it is.
"""


class Opened:
    """A site on the disk, and open."""

    def __init__(self, root: Path) -> None:
        write_files(root, SITE)
        (root / "site.toml").write_text(CONFIG, encoding="utf-8")
        self.root, self.memo, self.models = root, Memo(), FakeModels()
        inputs = read_inputs(root)
        choice = Choice(now=NOW, drafts=False, future=False)
        self.live = Live(inputs, choice, Memory(self.memo), run_here, self.models)

    def edit(self, path: str, old: str, new: str) -> Live:
        """Replace a text in a source, and tell the open site; what it was before."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        (original,) = (each for each in read_inputs(self.root).originals if each.path == path)
        before, changed = self.live, self.live.change(original)
        assert changed
        self.live = changed
        return before

    def update(self) -> bool:
        """Look at the whole folder; whether anything is other than it was."""
        before, self.live = self.live, self.live.update(read_inputs(self.root))
        return self.live is not before

    def is_as_built(self) -> bool:
        """Whether every file of a clean build is the same here, and the problems too."""
        built = build(
            read_inputs(self.root), run_here, now=NOW, drafts=False, future=False,
            reader=FakeModels(),
        )  # fmt: skip
        files = built.snapshot.artifacts
        assert files
        self.live = self.live.settle()
        assert self.live.problems == built.snapshot.problems
        assert {*self.live.paths} <= {*files}
        return all(self.live.get(path) == files[path] for path in files)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


def test_every_file_is_as_a_build_writes_it(opened: Opened) -> None:
    assert opened.is_as_built()
    assert opened.live.get("nowhere/index.html") is None
    assert opened.live.source_of("posts/a/index.html") == "content/posts/a.md"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("content/posts/a.md", "The first text", "Another text"),
        ("content/posts/a.md", "The first", "\n\nA line below; the first"),
        ("content/posts/a.md", "title: A", "title: Another"),
        ("content/posts/a.md", "[one, two]", "[three]"),
        ("content/posts/a.md", "2026-01-01", "2026-03-01"),
        ("content/posts/a.md", "title: A", "title: A\nseries: Both"),
        ("content/posts/a.md", "The first text", "The first^[A note.] text"),
        ("content/posts/b.md", "The second text", "The [second](a.md) text"),
        ("content/posts/a.md", "b.md", "nothing.md"),
        ("content/posts/a.md", "title: A", "title: A\ndraft: true"),
        ("content/posts/b.md", "the bat flew", "the bat sat"),
        ("content/posts/b.md", "flew\nmodel", "flew\nview: arcs\nmodel"),
        ("content/poems/c.md", "and another", "    and another"),
        ("content/poems/c.md", "A line", "Another line"),
    ],
)
def test_after_an_edit_every_file_is_as_a_build_writes_it(
    opened: Opened, path: str, old: str, new: str
) -> None:
    opened.edit(path, old, new)
    assert opened.is_as_built()
    opened.edit(path, new, old)
    assert opened.is_as_built()


def test_copies_and_cards_are_made_when_they_are_asked_for(opened: Opened) -> None:
    folder = opened.root / "content/posts"
    Image.effect_noise((60, 200), 90).save(folder / "dots.png")
    Image.new("L", (60, 200)).save(folder / "flat.png", compress_level=0)
    Image.effect_noise((60, 200), 90).save(folder / "cut.png")
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:-2000])
    with (opened.root / "site.toml").open("a") as file:
        file.write("cards = true\n[images]\nwidths = [30]\nformats = ['webp']\n")
    post = folder / "a.md"
    post.write_text(post.read_text("utf-8") + "\n![Dots](dots.png) ![Flat](flat.png)\n", "utf-8")
    assert opened.update()
    assert opened.is_as_built()
    assert any(path.startswith("posts/a/card.") for path in opened.live.paths)
    post.write_text(post.read_text("utf-8") + "\n![Cut](cut.png)\n", "utf-8")
    assert opened.update()
    (path,) = (path for path in opened.live.paths if re.match(r"posts/cut.*30", path))
    shown = opened.live.get(path)
    assert isinstance(shown, Artifact)
    assert (shown.file, shown.media_type) == (str(folder / "cut.png"), "image/png")


def test_a_mistake_that_moves_is_told_at_its_new_place(opened: Opened) -> None:
    opened.edit("content/posts/a.md", "b.md", "nothing.md")
    opened.edit("content/posts/a.md", "The first", "One more line.\n\nThe first")
    assert opened.is_as_built()


@pytest.mark.parametrize("wrong", ["nothing.md", "b.md#nothing", "b.md) and ![](gone.png"])
def test_a_mistake_that_moves_is_told_at_once_and_nothing_is_tied_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    opened.edit("content/posts/b.md", "The second", "[Gone](gone.md); the second")
    opened.edit("content/posts/a.md", "b.md", wrong)
    opened.edit("content/posts/a.md", "title: A", "title: A\ndescription: What it is about")
    monkeypatch.setattr("sitegen.build.live.tie", None)
    opened.edit("content/posts/a.md", "The first", "One more line.\n\nThe first")
    assert {each.span.line for each in opened.live.problems if each.span} == {6, 9}
    assert opened.live.is_settled
    monkeypatch.undo()
    assert opened.is_as_built()


def test_a_source_that_cannot_be_parsed_leaves_its_page_as_it_was(opened: Opened) -> None:
    before = opened.live.get("posts/a/index.html")
    (opened.root / "content/posts/a.md").write_bytes(b"\xff\xfe\x00")
    (original,) = (o for o in read_inputs(opened.root).originals if o.path.endswith("a.md"))
    changed = opened.live.change(original)
    assert changed
    assert changed.get("posts/a/index.html") == before
    assert any("a.md" in str(each.span) for each in changed.problems)
    assert opened.live.problems == ()


def test_the_site_before_an_edit_stays_what_it_was(opened: Opened) -> None:
    paths = [*opened.live.paths]
    files = [opened.live.get(path) for path in paths]
    before = opened.edit("content/posts/a.md", "title: A", "title: Another")
    opened.edit("content/posts/a.md", "The first text", "Another text")
    (opened.root / "content/posts/b.md").unlink()
    assert opened.update()
    assert [*before.paths] == paths
    assert [before.get(path) for path in paths] == files


def test_a_source_that_is_not_known_is_left_to_a_new_start(opened: Opened) -> None:
    (original, *_) = read_inputs(opened.root).originals
    assert opened.live.change(replace(original, path="content/posts/new.md")) is None


def test_only_what_is_asked_for_is_rendered(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sitegen.build import render, stage

    rendered: list[str] = []
    usual = render.render

    def noted(piece: Piece, press: render.Press) -> stage.Rendered:
        rendered.append(piece.name)
        return usual(piece, press)

    monkeypatch.setattr(render, "render", noted)
    opened.edit("content/posts/a.md", "The first text", "A text")
    assert rendered == []
    page = opened.live.get("posts/a/index.html")
    assert isinstance(page, Artifact)
    assert b"A text" in (page.data or b"")
    assert rendered == ["content/posts/a.md"]


def test_a_broken_template_is_told_where_its_page_is_asked_for(tmp_path: Path) -> None:
    write_files(tmp_path, "== templates/404.html\n{{ nothing.at.all }}\n")
    opened = Opened(tmp_path)
    told = opened.live.get("404.html")
    assert isinstance(told, tuple)
    assert [each.kind for each in told] == ["TemplateError"]
    assert isinstance(opened.live.get("index.html"), Artifact)


@pytest.mark.parametrize(
    "files",
    [
        "== content/posts/new.md\n---\ntitle: New\ndate: 2026-02-02\n---\nNew.\n",
        "== content/posts/picture.txt\nAnother picture.\n",
        "== templates/404.html\nNot here.\n",
        "== static/own.css\nbody { color: red }\n",
        '== site.toml\ntitle = "Another"\nurl = "https://example.org/b/"\n',
        "== content/posts/a.md\n# Shorter\n",
    ],
)
def test_after_any_other_change_every_file_is_as_a_build_writes_it(
    opened: Opened, files: str
) -> None:
    write_files(opened.root, files)
    assert opened.update()
    assert opened.is_as_built()
    assert not opened.update()


def test_a_source_that_is_gone_takes_its_page_with_it(opened: Opened) -> None:
    (opened.root / "content/posts/a.md").unlink()
    assert opened.update()
    assert opened.live.get("posts/a/index.html") is None
    assert opened.is_as_built()


def test_what_stays_as_it_was_is_not_parsed_again(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sitegen.build import parsing

    parsed: list[str] = []
    usual = parsing.parse_one

    def noted(source: Source, *rest: Any) -> parsing.Parsing:
        parsed.append(source.path)
        return usual(source, *rest)

    monkeypatch.setattr(parsing, "parse_one", noted)
    write_files(opened.root, "== content/posts/new.md\nNew.\n")
    assert opened.update()
    assert parsed == ["content/posts/new.md"]


def test_what_shows_a_text_is_known(opened: Opened) -> None:
    assert "posts/a/index.html" in opened.live.showing("content/posts/a.md")
    assert "feed.xml" in opened.live.showing("content/posts/a.md")
    assert "sidenotes/index.html" in opened.live.showing("content/poems/d.md")
    assert "posts/b/index.html" not in opened.live.showing("content/posts/a.md")
    assert opened.live.document("content/posts/a.md").meta.title == "A"
