"""Whatever a writer does to a site, no address that it ever had is lost, and no id changes."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from sitegen.build import Built, Memory, build
from sitegen.inputs import read_inputs
from sitegen.ledger import URLS, read_ledger
from sitegen.memo import Memo
from tests.sites import NOW, run_here

EDITS = int(os.environ.get("ADDRESS_EDITS", "60"))
NAMES = ["a", "b", "c", "d"]


class Blog:
    """A site that is edited at random; whatever is lost is redirected or declared gone."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.dice, self.memo = root, random.Random(seed), Memo()  # noqa: S311
        self.number, self.more = 0, ""
        self.redirects: dict[str, str] = {}
        self.gone: set[str] = set()
        self.trash: dict[Path, str] = {}
        (root / "content/posts").mkdir(parents=True)
        for name in NAMES[:3]:
            self.write(root / f"content/posts/{name}.md", f"title: {name}\n")

    def write(self, file: Path, front: str) -> None:
        self.number += 1
        file.write_text(f"---\n{front}date: 2025-01-01\n---\nText number {self.number}.\n")

    def edit(self) -> None:
        files = sorted(self.root.glob("content/posts/*.md"))
        new = self.root / f"content/posts/{self.dice.choice(NAMES)}.md"
        edit = self.dice.choice(
            ["new", "rename", "slug", "tag", "draft", "delete", "restore", "swap"]
        )
        edit = self.dice.choice([edit, "permalink"])
        if not files or edit == "new":
            self.write(new, "title: New\n")
            return
        file = self.dice.choice(files)
        match edit:
            case "rename" if not new.exists():
                file.rename(new)
            case "delete":
                self.trash[file] = file.read_text()
                file.unlink()
            case "restore" if self.trash:
                where = self.dice.choice(sorted(self.trash))
                where.write_text(self.trash.pop(where))
            case "swap":
                self.swap(file, self.dice.choice(files))
            case "slug":
                self.set(file, "slug", self.dice.choice([*NAMES, ""]))
            case "tag":
                self.set(file, "tags", self.dice.choice(["[x]", "[x, y]", ""]))
            case "draft":
                self.set(file, "draft", self.dice.choice(["true", ""]))
            case "permalink":
                self.more = self.dice.choice(
                    ["", '[sections.posts]\npermalink = "/{year}/{slug}/"\n']
                )

    def set(self, file: Path, name: str, value: str) -> None:
        text = re.sub(rf"^{name}: .*\n", "", file.read_text(), flags=re.MULTILINE)
        file.write_text(text.replace("---\n", f"---\n{name}: {value}\n", 1) if value else text)

    def swap(self, one: Path, other: Path) -> None:
        for file, slug in ((one, other.stem), (other, one.stem)):
            self.set(file, "slug", slug)

    def build(self) -> Built:
        gone = "".join(f'"{each}", ' for each in sorted(self.gone))
        moved = "".join(f'"{a}" = "{b}"\n' for a, b in sorted(self.redirects.items()))
        head = f'title = "T"\nurl = "https://example.org/"\npaginate = 2\ngone = [{gone}]\n'
        (self.root / "site.toml").write_text(f"{head}[redirects]\n{moved}{self.more}")
        inputs = read_inputs(self.root)
        built = build(
            inputs, run_here, now=NOW, drafts=False, future=False, memory=Memory(self.memo)
        )
        if not any(each.severity == "error" for each in built.snapshot.problems):
            (self.root / URLS).write_bytes(built.urls)
        return built

    def settle(self) -> Built | None:
        """A build that is right, after some words in site.toml; None where two want one place."""
        for _ in range(4):
            built = self.build()
            errors = [each for each in built.snapshot.problems if each.severity == "error"]
            if not errors:
                return built
            for each in errors:
                if lost := re.match(r'"(.*)" was published, and', each.message):
                    if self.dice.random() < 0.5:
                        self.gone.add(lost[1])
                    else:
                        self.redirects[lost[1]] = "/archive/"
                elif back := re.match(r'"(.*)" is in (?:gone|\[redirects\])', each.message):
                    self.gone.discard(back[1])
                    self.redirects.pop(back[1], None)
                elif lost := re.match(r'"(.*)" is redirected to', each.message):
                    self.redirects[lost[1]] = "/"
        assert any("is the address of both" in each.message for each in errors), errors
        return None


@pytest.mark.parametrize("seed", range(4))
def test_every_address_leads_somewhere_and_no_id_changes(seed: int, tmp_path: Path) -> None:
    blog = Blog(tmp_path, seed)
    seen: set[str] = set()
    ids: dict[str, str] = {}
    for _ in range(EDITS):
        blog.edit()
        built = blog.settle()
        if built is None:  # two posts want one address: the writer renames one
            for number, file in enumerate(sorted(tmp_path.glob("content/posts/*.md"))):
                blog.set(file, "slug", f"own-{number}")
            blog.more = ""
            built = blog.settle()
        assert built is not None
        again = blog.build()
        assert again.urls == built.urls
        assert {**again.snapshot.entries} == {**built.snapshot.entries}
        site = built.site
        pages = {page.url for page in built.pages.values()} | {each.url for each in site.listings}
        ways = {each.url: each.target for each in site.redirects}
        assert pages.isdisjoint(ways)
        seen |= pages
        for address in seen - pages - blog.gone:
            assert ways[address] in pages, address
        for feed in site.feeds:
            assert ids.setdefault(feed.output, feed.id) == feed.id
        known = read_ledger(built.urls).identities
        assert len({each.id for each in known.values()}) == len(known)
        assert {page.id for page in built.pages.values()} <= {each.id for each in known.values()}
