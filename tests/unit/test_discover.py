"""What is found on the disk: text as text, the rest as files, nothing odd ever opened."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from sitegen.discover import discover, discover_static, missing_sections, read_original
from sitegen.errors import Problem, Span, in_order
from sitegen.model import Asset, Config, Section, Source

CONFIG = Config(title="x", url="https://example.org/", base="/")


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "site" / "content"
    folder.mkdir(parents=True)
    return folder


class Everything(NamedTuple):
    """What was found, with every original read."""

    sources: tuple[Source, ...]
    assets: tuple[Asset, ...]
    problems: tuple[Problem, ...]


def found(content: Path, most: int = 5_000_000) -> Everything:
    listed = discover(content.parent)
    read = [read_original(each.path, each.file, most) for each in listed.originals]
    problems = [*listed.problems, *(problem for each in read for problem in each.problems)]
    sources = tuple(each.source for each in read if each.source)
    return Everything(sources, listed.assets, tuple(in_order(problems)))


def paths(content: Path) -> list[str]:
    everything = found(content)
    sources = [source.path for source in everything.sources]
    return sources + [asset.path for asset in everything.assets]


def complaint(content: Path, severity: str = "error") -> str:
    """The one problem, where nothing was found."""
    everything = found(content)
    (problem,) = everything.problems
    assert (problem.kind, problem.severity) == ("SourceError", severity)
    assert (everything.sources, everything.assets) == ((), ())
    return problem.message


def test_markdown_is_a_source_and_all_else_an_asset(content: Path) -> None:
    (content / "a").mkdir()
    (content / "a" / "x.md").write_text("hello\n")
    (content / "a" / "y.Markdown").write_text("")
    (content / "a" / "z.png").write_bytes(b"\x89PNG")
    everything = found(content)
    assert [source.path for source in everything.sources] == [
        "content/a/x.md",
        "content/a/y.Markdown",
    ]
    (asset,) = everything.assets
    assert asset.path == "content/a/z.png"
    assert asset.digest == hashlib.sha256(b"\x89PNG").hexdigest()
    assert Path(asset.file).read_bytes() == b"\x89PNG"
    assert everything.problems == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfone\ntwo\n",
        b"one\r\ntwo\r\n",
        b"one\rtwo\r",
        b"one\ntwo",
        b"\xef\xbb\xbfone\r\ntwo",
    ],
)
def test_the_same_words_are_the_same_source(content: Path, raw: bytes) -> None:
    (content / "x.md").write_bytes(b"one\ntwo\n")
    clean = found(content)
    (content / "x.md").write_bytes(raw)
    assert found(content) == clean


def test_a_mark_inside_the_text_stays(content: Path) -> None:
    (content / "x.md").write_bytes("a\ufeffb\n".encode())
    assert found(content).sources[0].text == "a\ufeffb\n"


@pytest.mark.parametrize(
    ("raw", "offset", "line", "column"),
    [
        (b"caf\xe9", 3, 1, 4),
        ("é\nü".encode() + b"\xff", 5, 2, 2),
        (b"\xef\xbb\xbfa\r\nb\xc3", 7, 2, 2),
        (b"a\n\xed\xa0\x80", 2, 2, 1),
        (b"\xc0\xaf", 0, 1, 1),
        ("é\n\0".encode(), 3, 2, 1),
        ("\ufeffx\ufffe".encode(), 4, 1, 2),
        ("x\uffff\0".encode(), 1, 1, 2),
        ("hi".encode("utf-16"), 0, 1, 1),
    ],
)
def test_what_is_no_text_is_shown_with_its_offset_and_place(
    content: Path, raw: bytes, offset: int, line: int, column: int
) -> None:
    (content / "x.md").write_bytes(raw)
    assert f"byte {offset} " in complaint(content)
    span = found(content).problems[0].span
    assert span
    assert (span.path, span.line, span.column) == ("content/x.md", line, column)


def test_another_encoding_is_recognised(content: Path) -> None:
    (content / "x.md").write_bytes("hello".encode("utf-16-le"))
    assert "UTF-16" in (found(content).problems[0].hint or "")


def test_a_file_over_its_budget_is_an_error_and_a_large_one_a_warning(content: Path) -> None:
    (content / "x.md").write_bytes(b"a" * 1_000_001)
    everything = found(content)
    assert len(everything.sources) == 1
    assert [problem.severity for problem in everything.problems] == ["warning"]
    assert not found(content, most=1_000_000).sources
    assert "over 1,000,000 bytes" in found(content, most=1_000_000).problems[0].message


def test_hidden_files_and_backups_are_left_out_silently(content: Path) -> None:
    for name in (".x.md", "x.md~", ".#x.md", "#x.md#", ".x.md.swp", "x.swp", ".DS_Store"):
        (content / name).write_text("secret")
    (content / ".git").mkdir()
    (content / ".git" / "config").write_text("secret")
    assert found(content) == Everything((), (), ())


def test_a_folder_for_verification_is_published(content: Path) -> None:
    (content / ".well-known").mkdir()
    (content / ".well-known" / "x.txt").write_text("x")
    assert paths(content) == ["content/.well-known/x.txt"]


@pytest.mark.parametrize(
    "name", ["a: b & c #1.md", "…ly..md", "東京.md", "cafe\u0301.md", "A.md", "a'b\"c.md", "%41.md"]
)
def test_odd_names_are_kept_as_they_are_on_the_disk(content: Path, name: str) -> None:
    (content / name).write_text("x")
    (content / "b.md").write_text("x")
    assert set(paths(content)) == {f"content/{name}", "content/b.md"}


@pytest.mark.parametrize("name", [b"a\\b.md", b"a\nb.png", b"a\x7f.md", b"\xff.md"])
def test_a_name_that_no_address_can_have_is_an_error(content: Path, name: bytes) -> None:
    Path(os.fsdecode(os.path.join(os.fsencode(content), name))).write_text("x")  # noqa: PTH118
    message = complaint(content)
    assert message.isascii()
    assert message.isprintable()


def test_the_order_of_a_directory_does_not_matter(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b/c.md", "b/a.md", "a.md", "b.md", "a/z.png", "a-b/x.md"):
        (content / name).parent.mkdir(exist_ok=True)
        (content / name).write_text(name)
    usual = found(content)
    scandir = os.scandir

    class Reversed:
        def __init__(self, folder: str) -> None:
            with scandir(folder) as listing:
                self.entries = sorted(listing, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Reversed)
    assert found(content) == usual
    assert [source.path for source in usual.sources] == sorted(
        source.path for source in usual.sources
    )


# --- things that are no files ----------------------------------------------------------------


def test_a_fifo_is_never_opened(content: Path) -> None:
    os.mkfifo(content / "x.md")
    assert "not a regular file" in complaint(content, "warning")


def test_a_fifo_that_takes_the_place_of_a_file_does_not_block(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (content / "x.md").write_text("x")
    usual = os.open

    def swapped(path: str, *rest: Any) -> int:
        Path(path).unlink()
        os.mkfifo(path)
        return usual(path, *rest)

    monkeypatch.setattr(os, "open", swapped)
    assert found(content) == Everything((), (), ())


def test_a_socket_is_never_opened(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(content)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("x.md")
        assert "not a regular file" in complaint(content, "warning")


def test_a_link_to_a_device_is_never_opened(content: Path) -> None:
    (content / "x.md").symlink_to("/dev/zero")
    assert "link out of content" in complaint(content, "warning")


def test_a_folder_named_like_a_source_is_a_folder(content: Path) -> None:
    (content / "x.md").mkdir()
    (content / "x.md" / "y.md").write_text("y")
    assert paths(content) == ["content/x.md/y.md"]


@pytest.mark.parametrize("target", ["../../secret", "../site.toml", "/etc/hostname", "../../out"])
def test_a_link_out_of_content_is_not_followed(content: Path, target: str) -> None:
    (content.parent.parent / "secret").write_text("secret")
    (content.parent / "site.toml").write_text("secret")
    (content.parent.parent / "out").mkdir()
    (content.parent.parent / "out" / "x.md").write_text("secret")
    (content / "x.md").symlink_to(target)
    assert "content/x.md is a link out of content" in complaint(content, "warning")


def test_a_link_to_a_hidden_file_is_not_followed(content: Path) -> None:
    (content / ".secret").write_text("secret")
    (content / "x.md").symlink_to(".secret")
    assert "hidden" in complaint(content, "warning")


def test_a_link_inside_content_is_followed(content: Path) -> None:
    (content / "a").mkdir()
    (content / "a" / "x.md").write_text("x")
    (content / "b").symlink_to("a")
    (content / "y.md").symlink_to("a/x.md")
    assert paths(content) == ["content/a/x.md", "content/b/x.md", "content/y.md"]


def test_the_site_itself_may_be_behind_a_link(content: Path, tmp_path: Path) -> None:
    (content / "x.md").write_text("x")
    (tmp_path / "link").symlink_to("site")
    assert [source.path for source in discover(tmp_path / "link").originals] == ["content/x.md"]


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ({"a/up": ".."}, "folder around it"),
        ({"a/self": "self"}, "leads back to itself"),
        ({"a/one": "two", "a/two": "one"}, "leads back to itself"),
        ({"a/gone": "nothing"}, "link to nothing"),
        ({"a/to": "../b", "b/to": "../a"}, "folder around it"),
    ],
)
def test_links_in_a_circle_are_warned_about_and_end(
    content: Path, links: dict[str, str], words: str
) -> None:
    for folder in ("a", "b"):
        (content / folder).mkdir()
        (content / folder / "x.md").write_text("x")
    for path, target in links.items():
        (content / path).symlink_to(target)
    everything = found(content)
    assert {"content/a/x.md", "content/b/x.md"} <= {each.path for each in everything.sources}
    assert {problem.severity for problem in everything.problems} == {"warning"}
    assert any(words in problem.message for problem in everything.problems)


def test_many_links_between_folders_do_not_multiply(content: Path) -> None:
    for one in range(12):
        (content / str(one)).mkdir()
        (content / str(one) / "x.md").write_text("x")
        for other in range(12):
            (content / str(one) / f"to{other}").symlink_to(f"../{other}")
    assert len(found(content).sources) == 12 * 12


# --- the disk changes or refuses -------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.md", "x.png"])
def test_a_file_that_vanished_is_as_if_it_never_was(
    content: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (content / name).write_text("x")
    usual = os.open

    def vanished(path: str, *rest: Any) -> int:
        Path(path).unlink()
        return usual(path, *rest)

    monkeypatch.setattr(os, "open", vanished)
    assert found(content) == Everything((), (), ())


@pytest.mark.parametrize("name", ["x.md", "x.png"])
def test_a_file_that_cannot_be_read_is_an_error(
    content: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (content / name).write_text("x")
    refuse(monkeypatch, "open", content / name)
    assert complaint(content) == f"content/{name} cannot be read: Permission denied"


def test_a_folder_that_cannot_be_listed_is_an_error(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (content / "a").mkdir()
    refuse(monkeypatch, "scandir", content / "a")
    assert complaint(content) == "content/a/ cannot be read: Permission denied"


def refuse(monkeypatch: pytest.MonkeyPatch, call: str, file: Path) -> None:
    """Make a call fail for one path; the superuser who may run the tests is refused nothing."""
    usual = getattr(os, call)

    def refused(path: str, *rest: Any) -> Any:
        if str(path) == str(file):
            raise PermissionError(13, "Permission denied", path)
        return usual(path, *rest)

    monkeypatch.setattr(os, call, refused)


def test_a_control_character_is_shown_and_told(content: Path) -> None:
    (content / "a.md").write_text("one\n\ttwo \x1b[31m\x85", newline="")
    everything = found(content)
    assert everything.sources[0].text == "one\n\ttwo \ufffd[31m\ufffd\n"
    (problem,) = everything.problems
    assert (problem.severity, problem.span) == ("warning", Span("content/a.md", 2, 6))
    assert "U+001B" in problem.message


def test_a_section_without_a_folder_is_told_so(content: Path) -> None:
    (content / "poems").mkdir()
    sections = {name: Section(name=name) for name in ("poems", "peoms")}
    (problem,) = missing_sections(
        content.parent, msgspec.structs.replace(CONFIG, sections=sections)
    )
    assert problem.severity == "warning"
    assert problem.message == "there is no folder content/peoms/ for [sections.peoms]"


def test_a_site_without_content_is_told_so(tmp_path: Path) -> None:
    (problem,) = discover(tmp_path).problems
    assert "no folder content/" in problem.message


# --- static ----------------------------------------------------------------------------------


def test_a_later_static_folder_goes_before_an_earlier_one(tmp_path: Path) -> None:
    for folder, name in (("theme", "a.css"), ("theme", "js/b.js"), ("own", "a.css")):
        (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_text(folder)
    (tmp_path / "own" / "c.md").write_text("not a source")
    assets = discover_static(tmp_path / "theme", tmp_path / "own", tmp_path / "none")
    assert [asset.path for asset in assets] == ["a.css", "c.md", "js/b.js"]
    assert Path(assets[0].file).read_text() == "own"


def test_a_static_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static/a.css").write_text("x")
    refuse(monkeypatch, "open", tmp_path / "static/a.css")
    with pytest.raises(ExceptionGroup, match="1 problem") as caught:
        discover_static(tmp_path / "static")
    assert "static/a.css cannot be read" in str(caught.value.exceptions[0])
