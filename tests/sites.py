"""A whole site from one string, built in this process: what most tests begin with.

site = make_site(tmp_path, '''
== content/posts/a.md
# A title
''')
assert "A title" in site.text("posts/a/index.html")
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sitegen.build import Built, Inputs, build
from sitegen.errors import Problem, show
from sitegen.inputs import read_inputs
from sitegen.package import theme_folder

CONFIG = 'title = "A site"\nurl = "https://example.org/"\nauthor = "A. Writer"\n'
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class MadeSite:
    """A site on the disk and what its build made, in memory."""

    root: Path
    built: Built
    inputs: Inputs
    lines: dict[str, list[str]] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """An output file as text; the names of all files if it is not there."""
        artifacts = self.built.snapshot.artifacts
        assert path in artifacts, f"{path} is not among {sorted(artifacts)}"
        artifact = artifacts[path]
        if artifact.data is None:
            return Path(artifact.file or "").read_text(encoding="utf-8")
        return artifact.data.decode()

    @property
    def paths(self) -> set[str]:
        return set(self.built.snapshot.artifacts)

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.built.snapshot.problems

    @property
    def errors(self) -> list[str]:
        return [each.message for each in self.problems if each.severity == "error"]

    @property
    def report(self) -> str:
        """Every problem as the terminal shows it."""
        return "\n".join(show(each, self._lines_of) for each in self.problems)

    def _lines_of(self, path: str) -> list[str]:
        for place in (self.root / path, theme_folder() / path):
            if place.is_file():
                return place.read_text(encoding="utf-8-sig", errors="replace").split("\n")
        return []


def write_files(root: Path, text: str) -> None:
    """Write the files of a string in which `== PATH` begins each one."""
    parts = re.split(r"^== (.+)\n", text, flags=re.MULTILINE)
    for path, content in zip(parts[1::2], parts[2::2], strict=True):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")


def run_here(
    _stage: str, work: Callable[[int], bytes], count: int, _lost: Callable[[int, str], bytes]
) -> list[bytes]:
    """All tasks in this process."""
    return [work(index) for index in range(count)]


def make_site(
    root: Path, text: str = "", *, drafts: bool = False, future: bool = False
) -> MadeSite:
    """Write the files of `text` and build; `site.toml` and `content/` are made if missing."""
    write_files(root, text)
    (root / "content").mkdir(exist_ok=True)
    if not (root / "site.toml").exists():
        (root / "site.toml").write_text(CONFIG, encoding="utf-8")
    inputs = read_inputs(root)
    built = build(inputs, run_here, now=NOW, drafts=drafts, future=future)
    return MadeSite(root, built, inputs)
