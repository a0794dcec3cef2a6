"""Any sequence of edits, built with what is remembered, equals a build with nothing remembered."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from PIL import Image

from sitegen import making, workers
from sitegen.build import rendering, stage
from sitegen.building import Options, build_site
from sitegen.inputs import read_inputs
from sitegen.ledger import URLS
from sitegen.lock import LOCK, line_of
from sitegen.making import Chosen, Clock, make
from sitegen.model import Prompt, Snapshot
from sitegen.models import reading
from sitegen.output import MANIFEST, staging
from sitegen.package import theme_folder
from sitegen.receipts import FOLDER
from sitegen.screen import Screen
from tests.readings import FakeModels, read

EXAMPLES = int(os.environ.get("INCREMENTAL_EXAMPLES", "12"))
STEPS = int(os.environ.get("INCREMENTAL_STEPS", "12"))

FOLDERS = ["content", "content/posts", "content/poems", "content/essays"]
NAMES = ["a", "b", "c", "d", "index"]
TITLES = ["One", "Two words", "Drei & <vier>", "Émile"]
DAYS = ["2024-01-01", "2025-06-15", "2025-06-15 08:30", "2026-05-31", "2026-06-10", ""]
TAGS = ["", "[x]", "[x, y]", "[Y, z z]"]
FIGURE = """```attention
model: toy
tokens: a b
Q: {} 0 / 0 1
K: 1 0 / 0 1
```
"""
MODEL = """```attention
model: minilm
text: the {} flew
```
"""
ASKED = [
    Prompt(model="minilm", quantity="weight", text=f"the {each} flew") for each in ("bat", "owl")
]
HERE = "https://example.org"  # a link to nothing is only a warning, and a page may come to be there
BODIES = [
    "The site has {site:words} words, {site:figures} figures and {site:poems} poems.\n",
    "Plain words.\n",
    "## A heading\n\nMore words with a note.[^n]\n\n[^n]: The note.\n",
    f"See [it]({HERE}/posts/a/), [b]({HERE}/posts/b/) and [nothing]({HERE}/no/).\n",
    "A picture: ![alt](pic.svg) ![dots](pic.png)\n\n```python\nx = 1\n```\n",
    f"First line\nSecond line, [a poem]({HERE}/poems/a/)\n\n\nAnother stanza\n",
    FIGURE.format(1),
    FIGURE.format(2),
    MODEL.format("bat"),
    MODEL.format("bat") + MODEL.format("owl"),
    f"Formula $x^2$, <b>raw</b>, [home](/), [tag]({HERE}/tags/x/), ![svg](/favicon.svg).\n",
]
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="5"/>'
WRONG = ["[nowhere](nowhere.md)\n", "[a line](../poems/a.md#L2)\n", FIGURE.format("x")]
CONFIGS = [
    "",
    'author = "Somebody"\n',
    'marks = "minilm"\n',
    'language = "de"\ndescription = "About"\n',
    "paginate = 1\n",
    "search = true\n",
    "cards = true\n[images]\nwidths = [30, 60]\nformats = ['webp']\n",
    "first_lines = false\nsidenotes = false\n",
    '[sections.posts]\ntitle = "Notes"\npermalink = "/:year/:slug/"\n',
    '[sections.essays]\ntype = "poem"\n',
]
TEMPLATES = ["base.html", "essay.html", "home.html", "macros.html", "tags.html"]


def run_here(work: Callable[[int], bytes], count: int, **_limits: Any) -> list[bytes]:
    """All tasks in this process: the machine is about what is remembered, not about processes."""
    return [work(index) for index in range(count)]


class Site(RuleBasedStateMachine):
    """A folder that is edited, and built after every edit in both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.now = datetime(2026, 6, 1, tzinfo=UTC)
        self.number = self.checks = 0
        self.published: dict[str, bytes] = {}
        self.more = ""
        self.gone: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    # --- the files -------------------------------------------------------------------------------

    def put(self, path: str, content: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")

    @property
    def sources(self) -> list[Path]:
        return sorted(self.root.glob("content/**/*.md"))

    def choose(self, data: st.DataObject) -> Path:
        return data.draw(st.sampled_from(self.sources))

    def set_field(self, file: Path, name: str, value: str) -> None:
        """Replace a line of the front matter, or add it, or take it out."""
        mark, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
        lines = [line for line in front.splitlines() if not line.startswith(f"{name}:")]
        lines += [f"{name}: {value}"] if value else []
        front = "".join(f"{line}\n" for line in lines)
        file.write_text(f"{mark}---\n{front}---\n{body}", encoding="utf-8")

    def set_body(self, file: Path, body: str) -> None:
        mark, front, _ = file.read_text(encoding="utf-8").split("---\n", 2)
        file.write_text(f"{mark}---\n{front}---\n{body}", encoding="utf-8")

    # --- edits -----------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.configure("")
        for folder in FOLDERS:
            self.change_picture(folder, 10)
        for name in ("a", "b"):
            front = f"---\ntitle: {name.upper()}\ndate: 2025-01-0{1 + (name == 'b')}\n---\n"
            self.put(f"content/posts/{name}.md", front + BODIES[2])
        self.put("content/poems/a.md", f"---\ntitle: Snow\ndate: 2025-03-01\n---\n{BODIES[4]}")

    @rule(
        folder=st.sampled_from(FOLDERS),
        name=st.sampled_from(NAMES),
        title=st.sampled_from(TITLES),
        day=st.sampled_from(DAYS),
        body=st.sampled_from(BODIES),
    )
    def add(self, folder: str, name: str, title: str, day: str, body: str) -> None:
        front = f"---\ntitle: {title}\n" + (f"date: {day}\n" if day else "") + "---\n"
        self.put(f"{folder}/{name}.md", front + body)

    @precondition(lambda self: self.sources)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.choose(data).unlink()

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def move(self, data: st.DataObject, folder: str, name: str) -> None:
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.choose(data).replace(self.root / folder / f"{name}.md")

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data: st.DataObject, name: str) -> None:
        file = self.choose(data)
        file.replace(file.with_name(f"{name}.md"))

    @precondition(lambda self: self.sources)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        one, other = self.choose(data), self.choose(data)
        texts = one.read_bytes(), other.read_bytes()
        other.write_bytes(texts[0])
        one.write_bytes(texts[1] if one != other else texts[0])

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), body=st.sampled_from(BODIES))
    def edit_body(self, data: st.DataObject, body: str) -> None:
        self.set_body(self.choose(data), body)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), body=st.sampled_from(WRONG))
    def break_and_mend(self, data: st.DataObject, body: str) -> None:
        """A site with a mistake is not published; what it was is."""
        file = self.choose(data)
        before = file.read_text(encoding="utf-8")
        self.set_body(file, body)
        self.check()
        file.write_text(before, encoding="utf-8")

    @precondition(lambda self: self.sources)
    @rule(data=st.data())
    def move_lines_down(self, data: st.DataObject) -> None:
        """Every place in the file changes, and nothing else."""
        file = self.choose(data)
        self.set_body(file, "\n" + file.read_text(encoding="utf-8").split("---\n", 2)[2])

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), title=st.sampled_from(TITLES))
    def retitle(self, data: st.DataObject, title: str) -> None:
        self.set_field(self.choose(data), "title", title)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), words=st.sampled_from(["", "One thing", "Another thing"]))
    def describe(self, data: st.DataObject, words: str) -> None:
        self.set_field(self.choose(data), "description", words)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), day=st.sampled_from(DAYS))
    def redate(self, data: st.DataObject, day: str) -> None:
        self.set_field(self.choose(data), "date", day)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), tags=st.sampled_from(TAGS))
    def retag(self, data: st.DataObject, tags: str) -> None:
        self.set_field(self.choose(data), "tags", tags)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), series=st.sampled_from(["", "On snow", "On Snow", "Rain"]))
    def change_series(self, data: st.DataObject, series: str) -> None:
        self.set_field(self.choose(data), "series", series)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), draft=st.sampled_from(["true", ""]))
    def make_draft(self, data: st.DataObject, draft: str) -> None:
        self.set_field(self.choose(data), "draft", draft)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), alias=st.sampled_from(["[/old/]", "[/older/, /b/]", ""]))
    def alias(self, data: st.DataObject, alias: str) -> None:
        self.set_field(self.choose(data), "aliases", alias)

    @rule(name=st.sampled_from(TEMPLATES), own=st.booleans())
    def edit_template(self, name: str, *, own: bool) -> None:
        file = self.root / "templates" / name
        if own:
            self.number += 1
            text = (theme_folder() / "templates" / name).read_text(encoding="utf-8")
            self.put(f"templates/{name}", f"{text}<!-- {self.number} -->\n")
        else:
            file.unlink(missing_ok=True)

    @rule(name=st.sampled_from(["style.css", "print.css", "favicon.svg"]), own=st.booleans())
    def edit_static(self, name: str, *, own: bool) -> None:
        self.number += 1
        if own:
            self.put(f"static/{name}", f"/* {self.number} */\n")
        else:
            (self.root / "static" / name).unlink(missing_ok=True)

    @rule(more=st.sampled_from(CONFIGS))
    def configure(self, more: str) -> None:
        self.more = more
        gone = f"gone = {json.dumps(sorted(self.gone))}\n"
        self.put("site.toml", f'title = "T"\nurl = "https://example.org/"\n{gone}{more}')

    def settle(self) -> None:
        """Say of lost addresses that they are gone, and of those that came back that they are not.

        Now and then a site stays wrong: then nothing may be written.
        """
        for _ in range(2):
            before = set(self.gone)
            for each in self.build_anew().problems:
                if lost := re.match(r'"(.*)" was published, and it would be lost', each.message):
                    self.gone.add(lost[1])
                elif back := re.match(r'"(.*)" is in gone of site.toml', each.message):
                    self.gone.discard(back[1])
            if self.gone == before:
                break
            self.configure(self.more)

    @rule(
        folder=st.sampled_from(FOLDERS),
        width=st.sampled_from([10, 20]),
    )
    def change_picture(self, folder: str, width: int) -> None:
        self.put(f"{folder}/pic.svg", PICTURE.format(width))
        dots = np.random.default_rng(width).integers(0, 255, (40, 4 * width, 3)).astype(np.uint8)
        Image.fromarray(dots).save(self.root / folder / "pic.png", compress_level=0)

    @rule(folder=st.sampled_from(FOLDERS), present=st.booleans())
    def change_asset(self, folder: str, *, present: bool) -> None:
        file = self.root / folder / "a.txt"
        if present:
            self.put(f"{folder}/a.txt", "beside\n")
        else:
            file.unlink(missing_ok=True)

    @rule(number=st.integers(0, 99))
    def touch(self, number: int) -> None:
        files = sorted(path for path in self.root.rglob("*") if path.is_file())
        files[number % len(files)].touch()

    @rule(hours=st.sampled_from([1, 24 * 10]))
    def wait(self, hours: int) -> None:
        self.now = datetime.fromtimestamp(self.now.timestamp() + 3600 * hours, UTC)

    @precondition(lambda self: self.sources)
    @rule(data=st.data(), text=st.sampled_from(["bat", "owl"]))
    def change_text_of_figure(self, data: st.DataObject, text: str) -> None:
        self.set_body(self.choose(data), MODEL.format(text))

    @rule(asked=st.sampled_from(ASKED), others=st.booleans())
    def change_lock(self, asked: Prompt, *, others: bool) -> None:
        """As a merge might: other numbers for a text, or a text that no source asks for."""
        self.number += 1
        text = f"the {self.number} flew" if others else asked.text
        known = replace(asked, text=text)
        made = read(replace(asked, text=f"the {self.number} flew"))
        line = line_of(known, replace(made, pieces=read(known).pieces))
        file = self.root / LOCK
        kept = file.read_bytes() if file.exists() else b""
        file.write_bytes(kept + line + b"\n")

    @rule(name=st.sampled_from([LOCK, URLS]))
    def delete_lock(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    # --- what happens to the cache and to the output ---------------------------------------------

    @rule()
    def delete_cache(self) -> None:
        shutil.rmtree(self.root / FOLDER, ignore_errors=True)

    @rule(
        number=st.integers(0, 3),
        where=st.floats(0, 1),
        how=st.sampled_from(["cut", "flip", "swap", "zero"]),
    )
    def corrupt_cache(self, number: int, where: float, how: str) -> None:
        files = sorted(self.root.glob(f"{FOLDER}/[bm]*"))
        if not files:
            return
        file = files[number % len(files)]
        raw = bytearray(file.read_bytes())
        at = int(where * max(0, len(raw) - 1))
        match how:
            case "cut":
                del raw[at:]
            case "flip" if raw:
                raw[at] ^= 0xFF
            case "swap":
                raw = raw[at:] + raw[:at]
            case "zero":
                raw[at : at + 4096] = bytes(len(raw[at : at + 4096]))
        file.write_bytes(raw)

    @precondition(lambda self: self.published)
    @rule(data=st.data(), how=st.sampled_from(["change", "delete", "longer"]))
    def meddle_with_output(self, data: st.DataObject, how: str) -> None:
        path = data.draw(st.sampled_from(sorted(self.published)))
        file = self.root / "public" / path
        raw = file.read_bytes()
        if how == "delete":
            file.unlink()
            del self.published[path]
        else:
            self.published[path] = raw + b"!" if how == "longer" else raw[::-1]
            file.write_bytes(self.published[path])

    # --- what must hold --------------------------------------------------------------------------

    @invariant()
    def check(self) -> None:
        if not (self.root / "site.toml").exists():  # not begun yet
            return
        self.checks += 1
        if self.checks % 5:
            self.settle()
        told = self.build()
        clean = self.build_anew()
        problems = [
            (each.severity, each.message, each.hint, each.span and msgspec.to_builtins(each.span))
            for each in clean.problems
        ]
        assert told["problems"] == problems
        if not any(each.severity == "error" for each in clean.problems):
            assert told["left_out"] == list(msgspec.to_builtins(clean.left_out))
            self.published = {path: content(clean, path) for path in clean.artifacts}
        assert files_below(self.root / "public") == self.published

    def build(self) -> dict[str, Any]:
        """Build as the command does; what it printed."""
        options = Options(
            drafts=False,
            future=False,
            strict=False,
            keep_going=False,
            verify=False,
            no_cache=False,
            jobs=1,
            timings=False,
            locked=False,
        )
        screen = Screen(self.root, as_json=True, quiet=False, verbose=False)
        os.environ["SOURCE_DATE_EPOCH"] = str(int(self.now.timestamp()))
        making.MANY = self.checks % 2 * 100  # whether who renders a file stages it, too
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            build_site(screen, self.root / "public", options)
        told: dict[str, Any] = json.loads(printed.getvalue())
        told["problems"] = [
            (
                each["severity"],
                each["message"],
                each["hint"],
                each["path"] and {key: each[key] for key in ("path", "line", "column", "length")},
            )
            for each in told["problems"]
        ]
        return told

    def build_anew(self) -> Snapshot:
        screen = Screen(self.root, as_json=True, quiet=True, verbose=False)
        return make(screen, Clock(), read_inputs(self.root), Chosen(self.now), jobs=1).snapshot


def content(snapshot: Snapshot, path: str) -> bytes:
    artifact = snapshot.artifacts[path]
    if artifact.data is None:
        return Path(artifact.file or "").read_bytes()
    return artifact.data


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def run_machine(examples: int = EXAMPLES) -> None:
    run_state_machine_as_test(
        Site,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.generate],  # to shrink one takes longer than to understand it
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # so that it is as before after the test
    monkeypatch.setattr(workers, "run", run_here)
    monkeypatch.setattr(making, "MANY", making.MANY)  # as above
    monkeypatch.setattr(reading, "read_prompts", FakeModels())
    monkeypatch.setattr(staging, "sync", lambda _folder: None)  # no power is cut here


def test_any_edits_built_with_what_is_remembered_equal_a_clean_build() -> None:
    run_machine()


def without(number: int, function: str) -> Callable[..., bytes]:
    """`key_of`, but for one argument of the keys of one function."""

    def key_of(name: str, *arguments: bytes) -> bytes:
        if name == function:
            arguments = (*arguments[:number], *arguments[number + 1 :])
        return stage.key_of(name, *arguments)

    return key_of


def test_a_key_that_leaves_something_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "key_of", without(1, "render"))  # the templates
    site = Site()
    try:
        site.begin()
        site.check()
        site.edit_template(name="base.html", own=True)
        with pytest.raises(AssertionError):
            site.check()
    finally:
        site.teardown()
