"""Builds after the first: nothing is made that is there, and nothing is there that is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sites import CONFIG, write_files

ROOT = Path(__file__).parents[2]
SITE = """
== content/posts/a.md
---
date: 2024-01-01
tags: [x]
---
# A first post

Words, and [another](https://example.org/nothing/).
== content/posts/b.md
---
date: 2024-02-01
---
# B second post

More words.
== content/posts/later.md
---
date: 2030-01-01
---
# Later

Not yet.
"""


def run(site: Path, *arguments: str, now: int = 1_750_000_000) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": str(now)}
    return subprocess.run(
        [sys.executable, "-m", "sitegen", *arguments, "-s", str(site)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def build(site: Path, *options: str, now: int = 1_750_000_000) -> dict[str, Any]:
    done = run(site, "build", "--format", "json", *options, now=now)
    assert not done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_files(tmp_path / "site", SITE)
    (tmp_path / "site/site.toml").write_text(CONFIG)
    build(tmp_path / "site")
    return tmp_path / "site"


def test_a_build_with_nothing_to_do_says_the_same_and_parses_nothing(site: Path) -> None:
    first, second = build(site, "--no-cache"), build(site, "--timings")
    assert "compare" in second.pop("timings")
    first.pop("timings")
    assert second == first
    assert len(second["problems"]) == len(second["left_out"]) == 1


def test_without_a_cache_none_is_read_or_written(site: Path) -> None:
    shutil.rmtree(site / ".sitegen")
    assert "parse" in build(site, "--no-cache", "--timings")["timings"]
    assert not (site / ".sitegen").exists()


def test_a_warning_that_is_remembered_stops_a_strict_build(site: Path) -> None:
    done = run(site, "build", "--strict")
    assert done.returncode == 1
    assert "content/posts/a.md:7:" in done.stderr
    assert "nothing was written" in done.stderr


def test_a_future_post_appears_on_its_day_although_no_file_changed(site: Path) -> None:
    assert build(site, now=1_893_455_999)["written"]["new"] == 0
    told = build(site, now=1_893_456_000)
    assert told["left_out"] == []
    assert (site / "public/posts/later/index.html").is_file()
    (site / "urls.lock").unlink()  # which knows what was published, and clocks do not go back
    assert build(site, now=1_893_455_999)["written"]["removed"] > 0
    assert not (site / "public/posts/later/index.html").exists()


def test_another_choice_and_another_folder_have_their_own_builds(site: Path) -> None:
    before = tree(site / "public")
    build(site, "--future", "-o", str(site / "other"))
    assert tree(site / "public") == before
    assert (site / "other/posts/later/index.html").is_file()
    assert "compare" in build(site, "--timings")["timings"]


@pytest.mark.parametrize(
    "meddle",
    [
        lambda file: file.write_bytes(file.read_bytes()[::-1]),
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.mkdir()),
        lambda file: (file.unlink(), file.symlink_to(file.parent / "index.md")),
        lambda file: shutil.rmtree(file.parent),
    ],
)
def test_what_somebody_did_to_the_output_is_undone(
    site: Path, meddle: Callable[[Path], None]
) -> None:
    before = tree(site / "public")
    file = site / "public/posts/a/index.html"
    status = file.stat()
    meddle(file)
    if file.is_file() and not file.is_symlink():
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    build(site)
    assert tree(site / "public") == before


def test_a_cache_that_cannot_be_written_changes_nothing(site: Path) -> None:
    before = tree(site / "public")
    shutil.rmtree(site / ".sitegen")
    (site / ".sitegen").write_text("a file of somebody's")
    build(site)
    assert tree(site / "public") == before
    assert (site / ".sitegen").read_text() == "a file of somebody's"


@pytest.mark.parametrize("junk", [b"", b"junk", bytes(5000)])
def test_damaged_files_of_the_cache_are_as_good_as_none(site: Path, junk: bytes) -> None:
    before = tree(site / "public")
    for file in (site / ".sitegen").iterdir():
        file.write_bytes(junk)
    build(site)
    assert tree(site / "public") == before
    assert "compare" in build(site, "--timings")["timings"]


def test_explain_says_why_an_output_was_made_again(site: Path) -> None:
    assert "made again because of no earlier build" in run(site, "explain", "/posts/a/").stdout
    post = site / "content/posts/b.md"
    post.write_text(post.read_text().replace("# B second", "# B changed"))
    build(site)
    told = run(site, "explain", "/posts/a/").stdout
    assert "made again because of the newer neighbour that it links to" in told
    assert "the text of content/posts/b.md" in run(site, "explain", "/posts/b/").stdout
    assert "because" not in run(site, "explain", "404.html").stdout
    shutil.copytree(ROOT / "templates", site / "templates")
    with (site / "templates/404.html").open("a") as template:
        template.write("<!-- mine -->")
    build(site)
    assert "the templates: 404.html" in run(site, "explain", "404.html").stdout
    assert "because" not in run(site, "explain", "/posts/a/").stdout


def test_a_page_more_than_before_is_told_of_every_kind_of_piece(site: Path) -> None:
    with (site / "site.toml").open("a") as config:
        config.write("search = true\n")
    build(site)
    (site / "content/posts/new.md").write_text("# New\n")
    build(site)
    shards = sorted((site / "public/search").glob("*.js"))
    told = "".join(run(site, "explain", f"search/{each.name}").stdout for each in shards)
    assert "made again because of the pages that it is made of" in told


def test_verify_finds_a_build_that_remembers_wrongly(site: Path) -> None:
    assert run(site, "build", "--verify").returncode == 0
    wrong = (
        "import sitegen.build.parsing as p\n"
        "p.parse_key = lambda path, content, config: path.encode()[:16].ljust(16)\n"
        "usual = p.outline_of\n"
        "p.outline_of = lambda d, *_, **__: p.Outline(usual(d).document, b'1', b'1')\n"
        "from sitegen.cli import main\n"
        "main()\n"
    )
    shutil.rmtree(site / ".sitegen")
    command = [sys.executable, "-c", wrong, "build", "-s", str(site)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, env=environment, capture_output=True)
    post = site / "content/posts/a.md"
    post.write_text(post.read_text() + "\nA new paragraph.\n")
    done = subprocess.run(
        [*command, "--verify"], check=False, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "two builds of the same site differ" in done.stderr
