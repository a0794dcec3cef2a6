"""Days of writing in a few minutes: nothing leaks, and in the end the site is as a build makes it.

EDITS says how many edits; `make check-long` asks for 20,000.
"""

from __future__ import annotations

import gc
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

from sitegen.build import build
from sitegen.build.readings import refuse
from sitegen.inputs import read_inputs
from sitegen.making import read_clock
from sitegen.model import Artifact
from sitegen.preview.studio import Studio
from tests.sites import CONFIG, run_here, write_files

EDITS = int(os.environ.get("EDITS", "400"))
WORDS = "attention owl bench light [b](/essays/b/) *as* `code` “so” row[^n] $x^2$ field".split()  # noqa: SIM905
GONE = "[gone](gone.md)"
ROUND = 50
"""Edits between two looks at what is in use."""

Edit = Callable[[random.Random, Path], list[Path]]


def texts(site: Path) -> list[Path]:
    return sorted((site / "content").rglob("*.md"))


def write(path: Path, text: str) -> list[Path]:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    return [path]


def prose(chance: random.Random) -> str:
    lines = [" ".join(chance.choices(WORDS, k=12)) for _ in range(chance.randrange(1, 9))]
    wrong = GONE if chance.random() < 0.05 else ""
    return "\n\n".join(lines) + f"\n\nAs said.[^n] {wrong}\n\n[^n]: A note.\n"


def head(chance: random.Random) -> str:
    lines = [f"title: T{chance.randrange(9)}", f"date: 2026-0{chance.randrange(1, 9)}-11"]
    lines += [f"tags: [t{chance.randrange(4)}]"] if chance.random() < 0.6 else []
    lines += ["draft: true"] if chance.random() < 0.2 else []
    lines += ["date: never"] if chance.random() < 0.1 else []  # a key that stands twice is wrong
    return "---\n" + "\n".join(lines) + "\n---\n"


def rewrite(chance: random.Random, site: Path) -> list[Path]:
    path = chance.choice(texts(site))
    before, _, _ = path.read_text(encoding="utf-8").rpartition("---\n")
    return write(path, f"{before}---\n{prose(chance)}")


def retitle(chance: random.Random, site: Path) -> list[Path]:
    path = chance.choice(texts(site))
    _, _, after = path.read_text(encoding="utf-8").rpartition("---\n")
    return write(path, head(chance) + after)


def add(chance: random.Random, site: Path) -> list[Path]:
    folder = chance.choice(("essays", "poems", "notes"))
    return write(site / f"content/{folder}/{chance.randrange(30)}.md", head(chance) + prose(chance))


def remove(chance: random.Random, site: Path) -> list[Path]:
    path = chance.choice(texts(site))
    if path.name not in {"a.md", "b.md"}:
        path.unlink()
    return [path]


def rename(chance: random.Random, site: Path) -> list[Path]:
    path = chance.choice(texts(site))
    new = path.with_name(f"{chance.randrange(30)}.md")
    if path.name not in {"a.md", "b.md"}:
        path.replace(new)
    return [path, new]


def dress(chance: random.Random, site: Path) -> list[Path]:
    broken = "{% if %}" if chance.random() < 0.2 else "{{ site.title }}"
    return write(site / "templates/404.html", f"{broken} {chance.randrange(99)}")


def style(chance: random.Random, site: Path) -> list[Path]:
    return write(site / "static/style.css", f"a{{top:{chance.randrange(99)}px}}")


def configure(chance: random.Random, site: Path) -> list[Path]:
    more = chance.choice(("", "paginate = 3\n", "titel = 1\n"))
    return write(site / "site.toml", CONFIG + more)


KINDS: list[Edit] = [*[rewrite] * 12, *[retitle] * 3, add, remove, rename, dress, style, configure]


def in_use() -> tuple[int, int, int]:
    """Objects, file descriptors and threads."""
    gc.collect()
    return len(gc.get_objects()), len(os.listdir("/dev/fd")), threading.active_count()  # noqa: PTH208


def test_edits_at_random_leak_nothing_and_end_as_a_build_does(tmp_path: Path) -> None:
    site, chance = tmp_path, random.Random(2017)  # noqa: S311 - the same edits every time
    for name in ("essays/a", "essays/b", "poems/c", "poems/d"):
        write(site / f"content/{name}.md", head(random.Random(1)) + prose(chance))  # noqa: S311
    write_files(site, f"== site.toml\n{CONFIG}")
    studio = Studio(site, drafts=True)
    assert studio.refresh().good
    used = []
    for number in range(1, EDITS + 1):
        hints = chance.choice(KINDS)(chance, site)
        # A hint may be lost; the sweep behind the hints finds what it told of.
        studio.refresh(hints if chance.random() < 0.9 else ())
        studio.get(chance.choice(["/", "/essays/a/", "/feed.xml", "/nowhere/", "/tags/"]))
        if number % ROUND == 0:
            studio.rest()
            used.append(in_use())
    configure(random.Random(0), site)  # noqa: S311
    write(site / "templates/404.html", "gone")
    for path in texts(site):
        before, _, after = path.read_text(encoding="utf-8").rpartition("---\n")
        write(path, before.replace("date: never\n", "") + "---\n" + after.replace(GONE, ""))
    assert studio.refresh().good
    built = build(
        read_inputs(site), run_here, now=read_clock(), drafts=True, future=True, reader=refuse
    )
    files = built.snapshot.artifacts
    assert [path for path in files if _served(studio, path) != _bytes_of(files[path])] == []
    _assert_level(used)


def _served(studio: Studio, path: str) -> bytes | None:
    page = studio.get(f"/{path}".removesuffix("index.html"))
    return page.data if page else None


def _bytes_of(artifact: Artifact) -> bytes | None:
    return Path(artifact.file).read_bytes() if artifact.file else artifact.data


def _assert_level(used: list[tuple[int, int, int]]) -> None:
    """What is in use at the end is what was in use in the middle, give or take a few pages."""
    middle = used[len(used) // 3 : len(used) * 2 // 3]
    end = used[len(used) * 2 // 3 :]
    for kind in range(3):
        most = max(each[kind] for each in middle)
        assert min(each[kind] for each in end) <= most * 1.1, (kind, used)
