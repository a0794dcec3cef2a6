"""The exact text of every mistake, as the terminal shows it: one file a case.

Each file is a site in one string and, after `== expected`, what is reported. `UPDATE_GOLDEN=1`
writes that part anew; the difference is then read before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitegen.errors import Problem, SiteError, in_order, show
from tests.sites import make_site, write_files

CASES = sorted(Path(__file__).parent.joinpath("invalid").glob("*.txt"))


def leaves(error: BaseException) -> Iterator[Problem]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from leaves(each)
    else:
        assert isinstance(error, SiteError), error
        yield error.problem()


def report(root: Path, text: str) -> str:
    try:
        problems = list(make_site(root, text).problems)
    except (SiteError, ExceptionGroup) as error:
        problems = list(leaves(error))

    def lines_of(path: str) -> list[str]:
        file = root / path
        return file.read_text(encoding="utf-8").split("\n") if file.is_file() else []

    return "\n".join(show(each, lines_of) for each in in_order(problems)) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_report_of(case: Path, tmp_path: Path) -> None:
    text, _, expected = case.read_text(encoding="utf-8").partition("== expected\n")
    found = report(tmp_path, text).replace(str(tmp_path), "SITE")
    if os.environ.get("UPDATE_GOLDEN"):
        case.write_text(f"{text}== expected\n{found}", encoding="utf-8")
        return
    assert found == expected
    assert "error" in found or "warning" in found


def test_there_are_at_least_thirty_mistakes() -> None:
    assert len(CASES) >= 30


def test_the_files_of_a_case_are_written_as_they_stand(tmp_path: Path) -> None:
    write_files(tmp_path, "== a/b.md\none\n== c.md\ntwo\n")
    assert (tmp_path / "a/b.md").read_text(encoding="utf-8") == "one\n"
    assert (tmp_path / "c.md").read_text(encoding="utf-8") == "two\n"
