"""What is compiled once for all runs is equal to what would be compiled, or it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _compiler  # type: ignore[attr-defined]
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from sitegen import patterns
from sitegen.compiled import MOST, RECORD, Table
from tests.sites import CONFIG, write_files

STOCK = _compiler.compile
SITE = f"""== site.toml
{CONFIG}== content/poems/owl.md
# Owl

The owl counts in the dark.
== content/posts/code.md
# Code

A date: 2024-01-02, `x`.

```python
def attend(query):
    return query @ keys.T
```
"""
TRICKY: list[tuple[Any, int]] = [
    ("", 0),
    ("(?P<year>[0-9]{4})-(?P<month>..)(?P=year)?", 0),
    (r"(a)|(?P<second>b)|(c)", re.IGNORECASE),
    (r"(?<!\w)ſtraße\b(?=…)", re.IGNORECASE),
    ("[가-힣\U00010000-\U0010ffff]{2,}+", 0),
    (r"(?x) a b  # words", 0),
    ("\udc80", 0),
    (rb"[\x80-\xff]+(?P<rest>.*)", re.DOTALL),
    ("^a$", re.MULTILINE | re.ASCII),
    ("(?i:K)k", 0),
]
LEXERS = ["python", "javascript", "css", "html", "rust", "go", "toml", "bash", "ruby", "haskell"]


def patterns_of(name: str) -> list[tuple[str, int]]:
    """The regular expressions of a lexer of Pygments, with their flags."""
    states = get_lexer_by_name(name)._tokens.values()  # type: ignore[attr-defined]  # noqa: SLF001
    matches = [rule[0].__self__ for rules in states for rule in rules]
    return [(each.pattern, each.flags) for each in matches]


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`re` as it was, afterwards; and every pattern counts as one of the program's."""
    monkeypatch.setattr(patterns, "_is_fixed", lambda: True)
    yield
    _compiler.compile = STOCK


def table_of(path: Path) -> Table:
    table = Table()
    table.open(path)
    return table


def kept(path: Path) -> Callable[..., re.Pattern[Any]]:
    """How `re` compiles with this table."""
    _compiler.compile = STOCK
    patterns.keep(table_of(path))
    compiler: Callable[..., re.Pattern[Any]] = _compiler.compile
    return compiler


def count_compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The patterns that are compiled from now on, by CPython's own compiler."""
    said: list[str] = []
    parse = _compiler._parser.parse  # noqa: SLF001

    def count(pattern: str, *rest: Any) -> Any:
        said.append(pattern)
        return parse(pattern, *rest)

    monkeypatch.setattr(_compiler._parser, "parse", count)  # noqa: SLF001
    return said


@pytest.mark.usefixtures("fixed")
def test_what_is_taken_is_equal_and_is_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [job for name in LEXERS for job in patterns_of(name)]
    assert len(known) > 300
    jobs = [*known, *TRICKY]
    first = kept(tmp_path / "table")
    made = [first(*job) for job in jobs]
    later = kept(tmp_path / "table")
    compiled = count_compiled(monkeypatch)
    taken = [later(*job) for job in jobs]
    assert compiled == []
    monkeypatch.undo()
    for job, one, other in zip(jobs, made, taken, strict=True):
        assert one == other == STOCK(*job)
        assert (one.groupindex, one.groups) == (other.groupindex, other.groups)
        assert list(one.groupindex.items()) == list(other.groupindex.items())


@pytest.mark.usefixtures("fixed")
def test_a_taken_pattern_names_its_groups(tmp_path: Path) -> None:
    pattern, text = "(?P<year>[0-9]{4})-(.)|(?P<word>[a-z]+)", "2024-x owl"
    kept(tmp_path / "table")(pattern)
    taken = kept(tmp_path / "table")(pattern)
    assert [each.lastgroup for each in taken.finditer(text)] == [None, "word"]
    assert [each.groupdict() for each in taken.finditer(text)] == [
        {"year": "2024", "word": None},
        {"year": None, "word": "owl"},
    ]
    assert taken.sub(r"<\g<word>>", text) == "<> <owl>"


@pytest.mark.usefixtures("fixed")
def test_a_mistake_in_a_pattern_is_told_as_ever(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(re.error, match="unterminated"):
            kept(tmp_path / "table")("(a")
    assert not (tmp_path / "table").exists()


@pytest.mark.usefixtures("fixed")
def test_what_depends_on_the_locale_is_not_kept(tmp_path: Path) -> None:
    assert kept(tmp_path / "table")(b"a", re.LOCALE) == STOCK(b"a", re.LOCALE)
    assert not (tmp_path / "table").exists()


def test_what_a_site_asks_for_is_not_kept(tmp_path: Path) -> None:
    """A pattern made of the words of a text would be one more in every run."""
    path = tmp_path / "table"
    program = "import re\nALWAYS = re.compile('one')\ndef ask(word): return re.compile(word)\n"
    try:
        kept(path)
        for name, word in (("sitegen.slugs", "two"), ("fnmatch", "three"), ("pygments.x", "four")):
            module: dict[str, Any] = {"__name__": name}
            exec(program, module)  # noqa: S102
            module["ask"](word)
    finally:
        _compiler.compile = STOCK
    table = table_of(path)
    key = "pattern", _compiler._sre.MAGIC  # noqa: SLF001
    assert [word for word in ("one", "two", "three", "four") if table.get(*key, word, 0)] == [
        "one",
        "four",
    ]


@pytest.mark.usefixtures("fixed")
@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(1, 255), cut=st.booleans())
def test_a_damaged_table_is_compiled_again(
    tmp_path_factory: pytest.TempPathFactory, at: float, byte: int, *, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "table"
    first = kept(path)
    for job in TRICKY:
        first(*job)
    raw = bytearray(path.read_bytes())
    place = int(at * len(raw))
    raw[place] ^= byte
    path.write_bytes(raw[:place] if cut else raw)
    later = kept(path)
    assert [later(*job) for job in TRICKY] == [STOCK(*job) for job in TRICKY]
    _compiler.compile = STOCK


@pytest.mark.usefixtures("fixed")
@pytest.mark.parametrize(
    "made",
    [
        (b"\xff\xff\xff\xff" * 40, 32, {}, 0),  # which its engine refuses
        (b"abc", 32, {}, 0),
        (b"", -1, {"a": 7}, 1),
        (b"", 0),
        "nothing of the kind",
    ],
)
def test_code_that_is_none_is_compiled_again(tmp_path: Path, made: Any) -> None:
    path = tmp_path / "table"
    table_of(path).put(made, "pattern", _compiler._sre.MAGIC, "a+", 0)  # noqa: SLF001
    assert kept(path)("a+") == STOCK("a+")


@pytest.mark.parametrize(("what", "other"), [("version", "3.99"), ("byteorder", "middle")])
def test_another_interpreter_has_its_own_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, other: str
) -> None:
    path = tmp_path / "table"
    table_of(path).put("ours", "key")
    monkeypatch.setattr(sys, what, other)
    assert table_of(path).get("key") is None
    table_of(path).put("theirs", "key")
    assert table_of(path).get("key") == "theirs"
    monkeypatch.undo()
    assert table_of(path).get("key") == "ours"


def expect_left_alone(path: Path, before: bytes) -> None:
    """The table is neither read nor added to."""
    table = table_of(path)
    assert table.get("key") is None
    table.put("more", "other")
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_can_write_is_neither_read_nor_added_to(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "table"
    table_of(path).put("made", "key")
    path.chmod(mode)
    expect_left_alone(path, path.read_bytes())


def test_another_users_is_neither_read_nor_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table"
    table_of(path).put("made", "key")
    before = path.read_bytes()
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    expect_left_alone(path, before)


def test_nothing_is_put_into_another_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    table_of(tmp_path / "cache" / "sitegen" / "table").put("made", "key")
    (tmp_path / "cache" / "sitegen").mkdir(parents=True)
    table_of(tmp_path / "cache" / "sitegen" / "table").put("made", "key")
    assert [each.name for each in tmp_path.rglob("*")] == ["cache", "sitegen"]


def test_a_link_a_pipe_and_a_folder_are_left_alone(tmp_path: Path) -> None:
    table_of(tmp_path / "own").put("made", "key")
    (tmp_path / "link").symlink_to("own")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder", "own/below", "no/home/sitegen/table"):
        table = table_of(tmp_path / name)
        assert table.get("key") is None
        table.put("more", "other")
    assert table_of(tmp_path / "own").get("other") is None
    assert not (tmp_path / "no").exists()


def test_a_table_that_is_full_or_cut_short_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "table"
    table_of(path).put("x" * MOST, "large")
    assert table_of(path).get("small") is None
    assert not path.exists()
    for name in ("one", "two"):
        table_of(path).put(name, name)
    path.write_bytes(path.read_bytes()[:-1])
    assert table_of(path).get("one") == "one"
    assert path.exists()  # somebody may be writing
    os.utime(path, (1, 1))
    table = table_of(path)
    assert (table.get("one"), table.get("two")) == ("one", None)
    table.put("two", "two")
    assert table_of(path).get("two") == "two"


def test_many_add_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "sitegen" / "table"

    def add(name: int) -> None:
        table = table_of(path)
        for number in range(200):
            table.put([name, number] * 50, name, number)

    threads = [threading.Thread(target=add, args=(name,)) for name in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    table = table_of(path)
    found = [table.get(name, number) for name in range(4) for number in range(200)]
    assert found == [[name, number] * 50 for name in range(4) for number in range(200)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size > 800 * RECORD.size


# --- as a whole ------------------------------------------------------------------------------

COUNTED = """
import os, re, sys
import jinja2
counts = {"patterns": 0, "templates": 0}
def counting(name, stock):
    def count(*parts, **how):
        counts[name] += 1
        return stock(*parts, **how)
    return count
re._compiler.compile = counting("patterns", re._compiler.compile)
jinja2.Environment._parse = counting("templates", jinja2.Environment._parse)
def end(code, stock=os._exit):
    if os.getpid() == PARENT:
        print(counts["patterns"], counts["templates"], flush=True)
    stock(code)
PARENT = os.getpid()
os._exit = end
sys.argv = ["sitegen", "build", "-q", "--no-cache", "--jobs", "1"]
from sitegen.__main__ import run
run()
"""


def built(site: Path, cache: Path) -> tuple[list[int], dict[str, bytes]]:
    """How many patterns and templates the parent compiled; and what was published."""
    environment = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", COUNTED],
        cwd=site,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = [each for each in (site / "public").rglob("*") if each.is_file()]
    published = {str(each.relative_to(site)): each.read_bytes() for each in files}
    return [int(each) for each in done.stdout.split()], published


def test_a_later_run_compiles_hardly_anything_and_makes_the_same(tmp_path: Path) -> None:
    site, cache = tmp_path / "site", tmp_path / "cache"
    write_files(site, SITE)
    (tmp_path / "file").write_text("in the way of a folder")
    bare = built(site, tmp_path / "file")
    first = built(site, cache)
    table = (cache / "sitegen" / "compiled").stat().st_size
    second = built(site, cache)
    assert bare[1] == first[1] == second[1]
    assert bare[0][0] == first[0][0] > 200
    assert bare[0][1] > 10
    assert second[0][0] < 30, second[0]
    assert second[0][1] == 0
    assert (cache / "sitegen" / "compiled").stat().st_size == table


def test_a_template_of_the_site_itself_is_not_kept(tmp_path: Path) -> None:
    """What a site brings along may be anybody's; it is compiled where it is used."""
    site, cache = tmp_path / "site", tmp_path / "cache"
    write_files(site, SITE)
    own = Path(__file__).parents[2] / "templates" / "poem.html"
    (site / "templates").mkdir()
    (site / "templates" / "poem.html").write_text(own.read_text() + "{# own #}\n")
    counts = [built(site, cache)[0][1] for _ in range(3)]
    assert counts[0] > counts[1] == counts[2] > 0
