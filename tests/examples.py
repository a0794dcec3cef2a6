"""What a page of the manual shows in fences: files, settings, commands and what they print.

A fence with a `title=` is a file of a site; `sh` and `text` say with it what they are.
A `text` fence below a file, or below settings, that names an error is what the build says of it.
The pages hold these once; the tests read them there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sitegen.config import read_config
from sitegen.errors import SiteError, show
from tests.sites import make_site

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "content/manual"
PAGES = {
    "README": ROOT / "README.md",
    **{
        path.relative_to(MANUAL).with_suffix("").as_posix(): path
        for path in sorted(MANUAL.rglob("*.md"))
    },
}
FENCE = re.compile(r"^(`{3,})([\w+-]*)(?: +([^\n]*))?\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r'title="([^"]+)"')


class Example(NamedTuple):
    """A fence: its language, the file that it is ("" if none), its text."""

    language: str
    file: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether it is what a build says of a mistake."""
        return self.language == "text" and ": error: " in self.text


def examples(page: str) -> list[Example]:
    """The fences of a page, in order; those inside a longer fence are its text."""
    found = FENCE.findall(PAGES[page].read_text(encoding="utf-8"))
    titles = [TITLE.search(options) for _, _, options, _ in found]
    return [
        Example(language, title[1] if title and language not in {"sh", "text"} else "", text)
        for (_, language, _, text), title in zip(found, titles, strict=True)
    ]


def with_errors(shown: Sequence[Example]) -> Iterator[tuple[Example, str]]:
    """Each file or settings, with the error that is shown right below it ("" if none is)."""
    for each, below in pairwise([*shown, Example("", "", "")]):
        if not each.is_error:
            can_be_wrong = each.file or each.language == "toml"
            yield each, below.text if below.is_error and can_be_wrong else ""


def said(example: Example, folder: Path) -> str:
    """What a build in an empty folder says of a file, or of settings."""
    if example.file:
        more = "" if example.file.startswith("content/") else "== content/a.md\nA page.\n"
        return make_site(folder, f"== {example.file}\n{example.text}{more}").report
    lines = example.text.split("\n")
    try:
        read_config(example.text)
    except ExceptionGroup as group:
        found = [each.problem() for each in group.exceptions if isinstance(each, SiteError)]
        return "\n".join(show(each, lambda _: lines) for each in found)
    return ""


def site_of(page: str) -> str:
    """The files of a page that are right, as one site; the same name again is another example."""
    files = {each.file: each.text for each, error in with_errors(examples(page)) if not error}
    return "".join(f"== {file}\n{text}" for file, text in files.items() if file)
