"""The site of one tool: it is written, edited and looked through.

Comes in: a tool, where it is installed, a number of posts. A `Site` knows how to make its output
from nothing, which edits there are, and whether all that was asked for is in the output.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from bench.corpus import TAGS, Post, choose_post, make_posts
from bench.install import Installed
from bench.measure import Command, FailedError
from bench.tools import SITES, Tool

EDITS = ("body", "title", "tag", "template")
THEME = Path(__file__).parents[1] / "templates"
EDITION = re.compile(r'data-edition="\d+"')


class Site(NamedTuple):
    """A tool with its posts in a folder."""

    tool: Tool
    installed: Installed
    folder: Path
    size: int

    @property
    def output(self) -> Path:
        """Where it writes."""
        return self.folder / self.tool.output

    @property
    def command(self) -> Command:
        """What builds it."""
        places = {
            "bin": str(self.installed.programs),
            "modules": str(self.installed.modules),
            "site": str(self.folder),
        }
        own = {name: text.format(**places) for name, text in self.tool.environment.items()}
        return Command(
            arguments=[part.format(**places) for part in self.tool.command],
            folder=self.folder,
            environment={**_surroundings(), **own},
            log=self.folder.with_suffix(".log"),
        )

    def fill(self) -> None:
        """Write its skeleton and its posts into an empty folder."""
        self._put_away(self.folder)
        shutil.copytree(SITES / self.tool.name, self.folder)
        if self.tool.ours:
            page = (THEME / "page.html").read_text(encoding="utf-8")
            page = page.replace("<article ", '<article data-edition="0" ', 1)
            self.write(self.tool.template, page)
        if self.installed.modules != Path():
            (self.folder / "node_modules").symlink_to(self.installed.modules)
        for post in make_posts(self.size):
            self.write(self.tool.path(post), self.tool.write(post))

    def write(self, path: str, text: str) -> None:
        """Save a source, unless it says that already."""
        file = self.folder / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """A file of the output; nothing where there is none."""
        file = self.output / path
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    def clear(self) -> None:
        """Nothing was ever built."""
        for name in (self.tool.output, *self.tool.caches):
            self._put_away(self.folder / name)

    def _put_away(self, path: Path) -> None:
        """Out of the way, but not deleted.

        ext4 passes by every inode that was deleted in the last minutes when it looks for a free
        one: who makes files just after others were deleted pays for that, up to a second.
        """
        if os.path.lexists(path):
            aside = self.folder.parent / "aside"
            aside.mkdir(exist_ok=True)
            path.rename(aside / f"{time.monotonic_ns()}")

    def restore(self, turns: int) -> None:
        """Take back all edits up to this turn."""
        for turn in range(turns):
            post = choose_post(self.size, turn)
            self.write(self.tool.path(post), self.tool.write(post))
        self._set_edition(0)

    def edit(self, what: str, turn: int) -> list[tuple[str, str]]:
        """Change one file, as at no other turn: what has to be in which file of the output."""
        if what == "template":
            self._set_edition(turn + 1)
            # Where poems have a folder of their own, they have a template of their own.
            posts = (post for post in make_posts(self.size) if not self._has_other_template(post))
            return [(self.tool.made(post), f'data-edition="{turn + 1}"') for post in posts]
        post = choose_post(self.size, turn)
        mark = f"{what.capitalize()} edited {turn + 1}"
        tag = next(tag for tag in TAGS if tag not in post.tags)
        # An edit stays when the next one of this turn is made, as in a day of writing.
        text = (self.folder / self.tool.path(post)).read_text(encoding="utf-8")
        match what:
            case "body":
                place = post.body[:40]
                expected = [(self.tool.made(post), mark)]
                text = text.replace(place, f"{mark}. {place}", 1)
            case "title":
                title = f"{post.title}, {mark}"
                expected = [(self.tool.made(post), title), (tag_page(post.tags[0]), title)]
                text = text.replace(post.title, title)
            case _:
                expected = [(tag_page(tag), post.title)]
                text = re.sub(
                    r"(?mi)^((?:tags|categories): .*?)(\]?)$", rf"\1, {tag}\2", text, count=1
                )
        self.write(self.tool.path(post), text)
        return expected

    def _has_other_template(self, post: Post) -> bool:
        return post.poem and bool(self.tool.poem_source)

    def _set_edition(self, edition: int) -> None:
        text = (self.folder / self.tool.template).read_text(encoding="utf-8")
        self.write(self.tool.template, EDITION.sub(f'data-edition="{edition}"', text))


def tag_page(tag: str) -> str:
    """Where the posts with a tag are listed, with every tool."""
    return f"tags/{tag}/index.html"


def _surroundings() -> dict[str, str]:
    """What all tools see; Python compiles its modules once, as where it is installed."""
    own = {key: os.environ[key] for key in ("HOME", "PATH", "XDG_CACHE_HOME") if key in os.environ}
    return {**own, "LANG": "C.UTF-8", "TZ": "UTC", "CI": "1"}


def expect_shown(site: Site, expected: list[tuple[str, str]]) -> None:
    """Raises FailedError where an edit did not come to be in the output."""
    missing = [path for path, text in expected if text not in site.read(path)]
    if missing:
        raise FailedError(f"an edit is not in {len(missing)} files, as {missing[0]}")
