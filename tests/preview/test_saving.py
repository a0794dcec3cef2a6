"""However a file is saved, the page has what was saved; what is no change is none."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.preview.conftest import OpenTab, Preview, Serve
from tests.sites import write_files


def in_place(file: Path, text: str) -> None:
    with file.open("r+", encoding="utf-8") as stream:
        stream.write(text)
        stream.truncate()


def truncated(file: Path, text: str) -> None:
    file.write_text("", encoding="utf-8")
    file.write_text(text, encoding="utf-8")


def in_pieces(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for char in text:
            stream.write(char)
            stream.flush()


def as_vim(file: Path, text: str) -> None:
    probe, backup = file.with_name("4913"), file.with_name(f"{file.name}~")
    probe.write_text("", encoding="utf-8")
    probe.unlink()
    file.rename(backup)
    file.write_text(text, encoding="utf-8")
    backup.unlink()


def as_emacs(file: Path, text: str) -> None:
    lock = file.with_name(f".#{file.name}")
    lock.symlink_to("writer@desk.123:456")
    shutil.copy2(file, file.with_name(f"{file.name}~"))
    file.write_text(text, encoding="utf-8")
    lock.unlink()


def renamed_over(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.tmp123")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def from_outside(file: Path, text: str) -> None:
    fresh = Path(f"{file.parents[2]}-outside-{file.stem}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def by_sed(file: Path, text: str) -> None:
    file.write_text("# Sed\n\nPLACE\n", encoding="utf-8")
    subprocess.run(["sed", "-i", f"s/PLACE/{text.splitlines()[-1]}/", file], check=True)


def deleted_and_made(file: Path, text: str) -> None:
    file.unlink()
    file.write_text(text, encoding="utf-8")


def of_equal_size(file: Path, text: str) -> None:
    """The time is set back, too, as an archive does."""
    stamp = file.stat()
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def folder_moved(file: Path, text: str) -> None:
    other = Path(f"{file.parents[2]}-folder-{file.stem}")
    other.mkdir()
    (other / "index.md").write_text(text, encoding="utf-8")
    file.unlink()
    other.rename(file.with_suffix(""))


WAYS = [
    in_place,
    truncated,
    in_pieces,
    as_vim,
    as_emacs,
    renamed_over,
    from_outside,
    by_sed,
    deleted_and_made,
    of_equal_size,
    folder_moved,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
def test_what_was_saved_is_served(preview: Preview, way: Callable[[Path, str], None]) -> None:
    name = way.__name__.replace("_", "-")
    file = preview.site / f"content/essays/{name}.md"
    file.write_text("# Before\n\nThe text before!\n", encoding="utf-8")
    preview.await_body(f"/essays/{name}/", "The text before!")
    way(file, "# Before\n\nThe text saved.\n")
    preview.await_body(f"/essays/{name}/", "The text saved.")


def test_a_new_folder_is_watched_and_a_deleted_page_goes(preview: Preview) -> None:
    preview.write("content/new/deep/page.md", "# Deep\n\nFound.\n")
    preview.await_body("/new/deep/page/", "Found.")
    preview.write("content/new/deep/page.md", "# Deep\n\nFound again.\n")
    preview.await_body("/new/deep/page/", "Found again.")
    shutil.rmtree(preview.site / "content/new")
    preview.await_body("/new/deep/page/", "Nothing here")


@pytest.mark.parametrize("polled", [False, True])
def test_whatever_a_page_is_made_of_counts(serve: Serve, polled: bool) -> None:  # noqa: FBT001
    preview = serve(*["--poll"] * polled)
    preview.write(
        "templates/404.html", '{% extends "base.html" %}{% block main %}Mine{% endblock %}'
    )
    preview.await_body("/404.html", "Mine")
    preview.write("static/style.css", "body{color:teal}")
    style = preview.await_body("/", "style.").partition("/style.")[2].partition('"')[0]
    end = preview.await_body("/essays/bench/", "/style.")
    assert style
    assert end
    preview.write("static/note.txt", "a file")
    preview.await_body("/note.txt", "a file")
    config = (preview.site / "site.toml").read_text(encoding="utf-8")
    preview.write("site.toml", config.replace("A site", "A house"))
    preview.await_body("/", "A house")
    preview.write("content/essays/leaf.txt", "one")
    preview.await_body("/essays/leaf.txt", "one")
    preview.write("content/essays/leaf.txt", "two")
    preview.await_body("/essays/leaf.txt", "two")


def test_the_content_folder_may_vanish_and_come_back(serve: Serve) -> None:
    preview = serve()
    content, aside = preview.site / "content", preview.site / "aside"
    content.rename(aside)
    preview.await_line("there is no folder content/")
    assert "A first paragraph" in preview.body("/essays/bench/")
    shutil.copytree(aside, content)
    preview.await_line("content/essays/bench.md")
    preview.write("content/essays/bench.md", "# The bench\n\nStill watched.\n")
    preview.await_body("/essays/bench/", "Still watched.")


def test_a_branch_is_switched_under_it(serve: Serve, tmp_path: Path) -> None:
    site = tmp_path / "branches"
    write_files(
        site, "== site.toml\ntitle = 'A'\nurl = 'https://a.example/'\n== content/a.md\n# A\n\nmain"
    )

    def git(*words: str) -> None:
        who = [
            "-c",
            "user.name=W",
            "-c",
            "user.email=w@example.org",
            "-c",
            "init.defaultBranch=main",
        ]
        subprocess.run(["git", *who, *words], cwd=site, check=True, capture_output=True)

    git("init")
    git("add", "content", "site.toml")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    for number in range(30):
        write_files(site, f"== content/notes/{number}.md\n# Note {number}\n\nother")
    write_files(site, "== content/a.md\n# A\n\nother")
    git("add", "content")
    git("commit", "-m", "two")
    preview = serve(site=site)
    preview.await_body("/notes/29/", "other")
    git("checkout", "main")
    preview.await_body("/a/", "main")
    preview.await_body("/notes/29/", "Nothing here")
    git("checkout", "other")
    preview.await_body("/notes/29/", "other")
    preview.await_body("/a/", "other")


def test_a_hundred_saves_in_a_row_end_with_the_last(preview: Preview, tab: OpenTab) -> None:
    preview.write("content/essays/often.md", "# Often\n\nBegun.\n")
    preview.await_body("/essays/often/", "Begun.")
    page = tab(preview, "/essays/often/")
    for number in range(100):
        preview.write("content/essays/often.md", f"# Often\n\nSave number {number}.\n")
    preview.await_body("/essays/often/", "Save number 99.")
    etag = preview.ask("/essays/often/")[1].partition('ETag: "')[2].partition('"')[0]
    page.await_state(lambda state: state["etag"] == etag)


def test_an_edit_elsewhere_does_not_disturb_a_page(preview: Preview, tab: OpenTab) -> None:
    page = tab(preview, "/poems/owl/")
    first = page.await_state(lambda state: state["etag"])
    preview.write("content/essays/elsewhere.md", "# E\n\nOne.\n")
    preview.await_body("/essays/elsewhere/", "One.")
    preview.write("content/essays/elsewhere.md", "# E\n\nTwo.\n")
    preview.await_body("/essays/elsewhere/", "Two.")
    preview.write("content/poems/owl.md", "# Owl\n\nThe owl is here\n")
    changed = page.await_state(lambda state: state["etag"] != first["etag"])
    assert changed["lines"] == 1


def test_what_was_only_touched_says_nothing(preview: Preview, tab: OpenTab) -> None:
    page = tab(preview, "/essays/bench/")
    page.state()
    os.utime(preview.site / "content/essays/bench.md")
    (preview.site / "content/essays/.bench.md.swp").write_text("x", encoding="utf-8")
    assert page.is_silent(0.5)
