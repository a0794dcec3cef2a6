"""A title changes: the knot has the new one everywhere, and nothing was tied for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitegen.build import Built, Memory, build, knot
from sitegen.inputs import read_inputs
from sitegen.memo import Memo
from tests.sites import run_here, write_files

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SITE = """
== site.toml
title = "T"
url = "https://example.org/"
paginate = 2
== content/posts/a.md
---
title: The first
date: 2024-01-01
tags: [snow, rain]
series: Weather
---
A paragraph of its own. It links to [the second](b.md).
== content/posts/b.md
---
title: The second
date: 2024-02-01
tags: [snow]
series: Weather
description: What it is about
---
See [the poem](../poems/c.md#L2).
== content/posts/d.md
---
title: The third
date: 2024-03-01
---
Nobody links here.[^n]

[^n]: But [back](a.md).
== content/poems/c.md
---
title: A poem
date: 2024-01-15
---
One line
and another
== content/posts/hidden.md
---
title: Not yet
draft: true
---
A draft.
== content/essays/index.md
---
title: Essays
---
All of them.
== content/essays/e.md
---
title: An essay
type: post
date: 2024-04-01
---
Words.
== content/notes/index.md
---
title: Notes
type: post
---
It heads its section.
== content/notes/n.md
---
title: A note
type: post
date: 2024-04-02
---
Words.
== content/about.md
---
title: About
---
Me.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_files(tmp_path, SITE)
    return tmp_path


class Builds:
    """One build after the other, as the command makes them; how many of them tied the site."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.memory, self.tied = root, Memory(Memo()), 0
        whole = knot._tie  # noqa: SLF001 - what is not to be called

        def counted(*arguments: object) -> object:
            self.tied += 1
            return whole(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(knot, "_tie", counted)
        self.next()

    def next(self) -> Built:
        inputs = read_inputs(self.root)
        made = build(inputs, run_here, now=NOW, drafts=False, future=False, memory=self.memory)
        (self.root / "urls.lock").write_bytes(made.urls)
        self.memory = Memory(self.memory.memo, made.plan)
        return made

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


def files(made: Built) -> Iterator[tuple[str, bytes | None]]:
    for path, artifact in made.snapshot.artifacts.items():
        yield path, artifact.data


def anew(root: Path) -> Built:
    return build(read_inputs(root), run_here, now=NOW, drafts=False, future=False)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("content/posts/a.md", "title: The first", "title: The very first"),
        ("content/posts/b.md", "title: The second", "title: Öfter & <öfter>"),
        ("content/posts/b.md", "What it is about", "Something else"),
        ("content/posts/a.md", "A paragraph of its own", "The words that describe it"),
        ("content/poems/c.md", "title: A poem", "title: Another poem"),
        ("content/posts/d.md", "title: The third", "title: 3"),
        ("content/posts/hidden.md", "title: Not yet", "title: Never"),
        ("content/essays/e.md", "title: An essay", "title: Essays"),
    ],
)
def test_words_are_put_in_place_of_others(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str, old: str, new: str
) -> None:
    builds = Builds(root, monkeypatch)
    builds.next()
    assert builds.tied == 1
    for one, other in ((old, new), (new, old)):
        builds.edit(path, one, other)
        made = builds.next()
        assert builds.tied == 1
        clean = anew(root)
        builds.tied -= 1
        assert made.knot == clean.knot
        assert dict(files(made)) == dict(files(clean))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("content/about.md", "title: About", "title: About me"),  # in the navigation
        ("content/essays/index.md", "title: Essays", "title: Long ones"),  # names a list
        ("content/notes/index.md", "title: Notes", "title: My notes"),
        ("content/posts/a.md", "date: 2024-01-01", "date: 2024-05-01"),
        ("content/posts/a.md", "tags: [snow, rain]", "tags: [snow]"),
        ("content/posts/a.md", "series: Weather", "series: Winter"),
        ("content/posts/b.md", "c.md#L2", "c.md#L1"),
        ("content/poems/c.md", "One line", "No line"),  # an index has it
        ("content/posts/hidden.md", "draft: true", "draft: false"),
    ],
)
def test_what_is_more_than_words_ties_the_site(
    root: Path, monkeypatch: pytest.MonkeyPatch, path: str, old: str, new: str
) -> None:
    builds = Builds(root, monkeypatch)
    builds.edit(path, old, new)
    made = builds.next()
    assert builds.tied == 2
    clean = anew(root)
    assert made.knot == clean.knot
    assert dict(files(made)) == dict(files(clean))


def test_several_titles_at_once_and_a_place_that_a_warning_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = Builds(root, monkeypatch)
    builds.edit("content/posts/a.md", "title: The first", "title: One")
    builds.edit("content/posts/b.md", "title: The second", "title: Two")
    made = builds.next()
    assert builds.tied == 1
    assert made.knot == anew(root).knot
    builds.tied -= 1
    builds.edit("content/posts/a.md", "[the second](b.md)", "[gone](https://example.org/gone/)")
    builds.next()
    builds.edit("content/posts/a.md", "---\ntitle: One", "---\n\ntitle: One and more")
    made = builds.next()
    assert builds.tied == 3  # the warning stands a line further down
    (warning,) = (each for each in made.snapshot.problems if "nothing is published" in each.message)
    assert warning.span
    assert warning.span.line == 8
