"""`urls.lock` as a file: read, written, merged, damaged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sitegen.errors import LockError
from sitegen.ledger import (
    LIST,
    Identity,
    Ledger,
    names_beyond,
    read_ledger,
    with_texts,
    write_ledger,
)

LEDGER = Ledger(
    owners={"/": LIST, "/a b%/": "content/a\tb.md", "/雪/": "content/雪.md"},
    identities={
        "content/a\tb.md": Identity(id="https://example.org/a%20b%25/", text="0" * 16),
        "content/雪.md": Identity(id="https://example.org/%E9%9B%AA/"),
    },
    feeds={"/feed.xml": "https://example.org/"},
)


def mistakes(raw: bytes) -> list[tuple[int, str]]:
    with pytest.raises(ExceptionGroup) as caught:
        read_ledger(raw)
    found = [each for each in caught.value.exceptions if isinstance(each, LockError)]
    assert len(found) == len(caught.value.exceptions)
    return [(each.span.line if each.span else 0, each.message) for each in found]


def test_what_is_written_is_read_again_and_written_alike() -> None:
    raw = write_ledger(LEDGER)
    read = read_ledger(raw)
    assert (read.owners, read.identities, read.feeds) == (
        LEDGER.owners,
        LEDGER.identities,
        LEDGER.feeds,
    )
    assert write_ledger(read) == raw
    assert read.lines["/"] == 2


def test_every_damaged_line_is_named() -> None:
    raw = write_ledger(LEDGER) + b"/x\n<<<<<<< HEAD\n/../y/\tlist\n\xff\tlist\n/z/\tother\n"
    assert mistakes(raw) == [
        (8, "this line is damaged"),
        (9, "a merge was not finished here"),
        *((line, "this line is damaged") for line in (10, 11, 12)),
    ]


def test_a_line_that_is_there_twice_counts_once_and_one_that_disagrees_is_a_mistake() -> None:
    raw = write_ledger(LEDGER)
    assert read_ledger(raw + raw).owners == LEDGER.owners
    ((line, message),) = mistakes(raw + "/雪/\tcontent/snow.md\n".encode())
    assert line == 8
    assert message == '"/雪/" belongs to both "content/雪.md" (line 5) and "content/snow.md"'
    assert len(mistakes(raw + b"content/b.md\thttps://example.org/a%20b%25/\t-\n")) == 1


def test_texts_are_replaced_in_place() -> None:
    raw = with_texts(write_ledger(LEDGER), {"content/雪.md": "1" * 16, "content/no.md": "2" * 16})
    read = read_ledger(raw)
    assert read.identities["content/雪.md"].text == "1" * 16
    assert names_beyond(write_ledger(LEDGER), raw) == []
    assert write_ledger(read) == raw


def test_names_that_are_new_or_another_s_now_are_told() -> None:
    raw = write_ledger(LEDGER)
    assert names_beyond(raw, raw) == []
    assert names_beyond(raw, raw + b"/new/\tcontent/new.md\n") == ["/new/"]
    assert names_beyond(raw, raw.replace("\tcontent/雪.md\n".encode(), b"\tlist\n")) == ["/雪/"]
    marked = b"\xef\xbb\xbf" + b"".join(b"/%d/\tlist\n" % number for number in range(50))
    assert names_beyond(marked, raw) == names_beyond(b"", raw)
    assert len(names_beyond(b"", raw)) == len(names_beyond(b"# x\n", raw)) > 3


def test_two_branches_that_each_add_a_post_merge_into_a_valid_file(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    def commit(*names: str) -> None:
        owners = {"/": LIST} | {f"/{each}/": f"content/{each}.md" for each in names}
        ids = {f"content/{each}.md": Identity(id=f"https://e.org/{each}/") for each in names}
        (tmp_path / "urls.lock").write_bytes(write_ledger(Ledger(owners=owners, identities=ids)))
        git("add", "-A")
        git("commit", "-qm", "x")

    git("init", "-q", "-b", "main")
    (tmp_path / ".gitattributes").write_text("urls.lock merge=union\n")
    commit("a")
    git("checkout", "-qb", "other")
    commit("a", "b")
    git("checkout", "-q", "main")
    commit("a", "c")
    git("merge", "-q", "other")
    assert set(read_ledger((tmp_path / "urls.lock").read_bytes()).owners) == {
        *("/", "/a/", "/b/", "/c/")
    }
