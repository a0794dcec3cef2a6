"""`sitegen figure`: the figures of a text as files, without a site."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from sitegen.cli import main
from tests.sites import make_site

BAT = """id: bat
model: toy
tokens: the bat flew home
Q: 2 0 0 0 / 1 2 1 0 / 2 1 2 0 / 0 0 0 0
K: 0 0 0 1 / 2 0 0 0 / 0 2 0 0 / 0 0 2 0
from: bat
check: bat -> flew > 50%
caption: Who "looks" <at> whom & why.
"""
TALK = f"""---
of: another program's
---
# A talk

As much as {{attention:bat bat->flew}}, and $\\nothing$.

```attention
{BAT}```

> - ```attention
>   model: toy
>   text: a b c
>   seed: 1
>   d_model: 4
>   heads: 2
>   ```
"""
SENTENCE = "bat attends 53\u00a0% to flew, 20\u00a0% to bat, 20\u00a0% to home, 7\u00a0% to the."


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("talk.md").write_text(TALK, encoding="utf-8")
    return tmp_path


def run(*arguments: str, typed: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["figure", *arguments], input=typed, catch_exceptions=False)


def written(folder: str = ".") -> set[str]:
    return {path.name for path in Path(folder).iterdir()} - {"talk.md", "content", "site.toml"}


# --- what is written -------------------------------------------------------------------------


def test_each_figure_is_a_file_called_by_its_id_or_its_number() -> None:
    done = run("talk.md")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "bat.svg\ntalk-2.svg\n", "")
    assert written() == {"bat.svg", "talk-2.svg"}


def test_a_file_is_the_one_beside_the_page_of_a_site(tmp_path: Path) -> None:
    site = make_site(tmp_path, f"== content/posts/a.md\n```attention\n{BAT}```\n")
    assert run("talk.md", "--csv").exit_code == 0
    assert Path("bat.svg").read_text(encoding="utf-8") == site.text("posts/a/bat.svg")
    assert Path("bat.csv").read_bytes().decode() == site.text("posts/a/bat.csv")


def test_the_numbers_come_when_asked_for() -> None:
    assert run("talk.md", "--csv", "-o", "a/b").exit_code == 0
    assert written("a/b") == {"bat.svg", "bat.csv", "talk-2.svg", "talk-2.csv"}
    head, *rows = Path("a/b/talk-2.csv").read_text(encoding="utf-8").splitlines()
    assert head == "layer,head,from,a,b,c"
    assert len(rows) == 2 * 3


def test_a_file_is_a_picture_by_itself() -> None:
    run("talk.md")
    for name in ("bat.svg", "talk-2.svg"):
        text = Path(name).read_text(encoding="utf-8")
        root = ET.fromstring(text)  # noqa: S314 - we wrote it
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme:dark" in text
        assert not re.search(r"<script|\son\w+=|@import|<foreignObject", text)
        targets = re.findall(r"""(?:href|src)="([^"]*)"|url\(([^)]*)\)""", text)
        assert [a or b for a, b in targets if not (a or b).startswith(("#", "data:"))] == []


def test_a_drawing_replaces_a_former_one() -> None:
    run("talk.md", "--csv")
    before = Path("bat.svg").read_text(encoding="utf-8")
    changed = TALK.replace("home", "back")
    Path("talk.md").write_text(changed, encoding="utf-8")
    assert run("talk.md", "--csv").exit_code == 0
    assert Path("bat.svg").read_text(encoding="utf-8") == before.replace("home", "back")
    assert "back" in Path("bat.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["talk-2.svg", "talk-2.csv"])
def test_a_file_of_somebody_else_s_is_never_replaced(name: str) -> None:
    Path(name).write_text('<?xml version="1.0"?><svg/>', encoding="utf-8")
    done = run("talk.md", "--csv")
    assert done.exit_code == 1
    assert f"error: {name} is there already" in done.stderr
    assert written() == {name}


def test_two_figures_cannot_have_one_file() -> None:
    Path("bat-2.md").write_text(TALK.replace("id: bat", "id: bat-2-2"), encoding="utf-8")
    assert run("bat-2.md").exit_code == 1  # the text asks for a number of `bat`
    Path("bat.md").write_text(TALK.replace("bat", "bat-2"), encoding="utf-8")
    done = run("bat.md")
    assert (done.exit_code, written()) == (1, {"bat-2.md", "bat.md"})
    assert "error: two figures would be bat-2.svg" in done.stderr


# --- what is said ----------------------------------------------------------------------------


def test_the_sentence_of_each_figure_is_told_when_asked_for() -> None:
    first, told, *_ = run("talk.md", "-v").stdout.splitlines()
    assert (first, told) == ("bat.svg", f"  {SENTENCE}")
    assert run("talk.md", "-q").output == ""


def test_programs_are_told_in_json() -> None:
    done = run("talk.md", "-o", "out", "--format", "json")
    found = json.loads(done.stdout)
    assert found["problems"] == []
    assert found["figures"][0] == {
        "id": "bat",
        "sentence": SENTENCE,
        "files": [str(Path("out/bat.svg"))],
    }


def test_all_mistakes_of_all_figures_are_told_and_nothing_is_written() -> None:
    wrong = TALK.replace("> 50%", "< 50%").replace("seed: 1", "seed: x").replace("bat->", "bta->")
    Path("talk.md").write_text(wrong, encoding="utf-8")
    done = run("talk.md")
    assert (done.exit_code, done.stdout, written()) == (1, "", set())
    places = re.findall(r"^(talk\.md:\d+:\d+): error: (.*)$", done.stderr, re.MULTILINE)
    assert [place for place, _ in places] == ["talk.md:6:27", "talk.md:15:8", "talk.md:22:11"]
    assert "   15 | check: bat -> flew < 50%\n" in done.stderr
    problems = json.loads(run("talk.md", "--format", "json").stdout)["problems"]
    assert [each["line"] for each in problems] == [6, 15, 22]


def test_what_else_is_wrong_with_a_text_is_not_the_figures_business() -> None:
    # Its front matter and its formula are for another program.
    assert run("talk.md").exit_code == 0


def test_a_text_without_a_figure_is_a_mistake() -> None:
    Path("plain.md").write_text("# Plain\n\n````\n```attention\n```\n````\n", encoding="utf-8")
    done = run("plain.md")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: plain.md has no attention figure\n   hint: ")


@pytest.mark.parametrize(
    "arguments", [(), ("nothing.md",), (".",), ("talk.md", "-o", "x.svg"), ("talk.md", "-x")]
)
def test_a_wrong_command_line_is_told_apart_from_a_wrong_text(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.exit_code, written()) == (2, set())
    assert "Error: " in done.stderr


def test_bytes_that_are_no_text_are_a_mistake_at_their_place() -> None:
    done = run("-", typed=b"# a\n\xff\n")
    assert done.exit_code == 1
    assert done.stderr.startswith("<stdin>:2:1: error: byte 4 (0xff) is not UTF-8")


# --- standard input, and one block -----------------------------------------------------------


def test_a_text_may_come_from_standard_input() -> None:
    assert run("-", typed=TALK.replace("\n", "\r\n")).stdout == "bat.svg\nfigure-2.svg\n"


def test_the_lines_of_one_block_need_no_fence() -> None:
    assert run("-", typed=f"# A comment.\n\n{BAT}").stdout == "bat.svg\n"
    bare = Path("bat.txt")
    bare.write_text(BAT.replace("id: bat\n", ""), encoding="utf-8")
    assert run("bat.txt").stdout == "bat-1.svg\n"
    bare.unlink()
    one, other = (Path(name).read_text(encoding="utf-8") for name in ("bat.svg", "bat-1.svg"))
    assert one.replace("bat.", "figure.1.") == other


def test_a_mistake_in_a_block_without_a_fence_is_told_at_its_line() -> None:
    done = run("-", typed=BAT.replace("model: toy\n", "").replace("Q: 2", "Q: x"))
    assert done.exit_code == 1
    places = re.findall(r"^<stdin>:(\d+):(\d+): error: (.*)$", done.stderr, re.MULTILINE)
    assert places == [("1", "1", '"model" is missing'), ("3", "4", '"x" is not a number')]
    assert "    3 | Q: x 0 0 0 /" in done.stderr


# --- start-up --------------------------------------------------------------------------------


def test_only_a_drawing_needs_numpy() -> None:
    script = (
        "import sys; from sitegen.cli import main\n"
        "try: main(['figure', '--help'])\n"
        "except SystemExit: print('numpy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"
