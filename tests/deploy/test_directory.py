"""`sitegen deploy` to a folder, from the command line to what a reader finds."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sitegen.cli import main
from sitegen.deploy import directory
from sitegen.deploy.config import DirectorySettings
from sitegen.deploy.directory import Directory, open_target
from sitegen.deploy.lock import make_claim
from sitegen.deploy.target import OWN, RECORD, BusyError, Digest, Headers, RefusedError, Target
from tests.targets import deploy, site, write_tree

NO_HEADERS = Headers(content_type="", cache_control="")
ONE = {
    "index.html": '<a href="/a/">a</a>',
    "a/index.html": '<img src="/x.png">',
    "x.png": "one",
    "sitemap.xml": "<urlset/>",
}
TWO = ONE | {"a/index.html": '<img src="/y.png">', "y.png": "two"}
del TWO["x.png"]
TABLES = """
[deploy.plain]
type = "directory"
path = "live"
patience = 2
[deploy.atomic]
type = "directory"
path = "live"
atomic = true
"""
NAMES = ("plain", "atomic")


class Site:
    """A site's folder with an output in it, and a folder to deploy to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "live").mkdir()
        (root / "content").mkdir()
        text = f'title = "A"\nurl = "https://example.org/"\n{TABLES}'
        (root / "site.toml").write_text(text, encoding="utf-8")

    def build(self, files: dict[str, str], **stamp: Any) -> None:
        shutil.rmtree(self.root / "public", ignore_errors=True)
        write_tree(self.root / "public", files, **stamp)

    def deploy(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["deploy", *arguments, "-s", str(self.root)])

    def json(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.deploy(*arguments, "--format", "json").stdout)
        return found

    def live(self, name: str) -> dict[str, str]:
        """What a reader gets."""
        top = self.root / "live" / ("current" if name == "atomic" else "")
        return {
            path.relative_to(top).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(top.rglob("*"))
            if path.is_file() and not path.relative_to(top).as_posix().startswith(OWN)
        }


@pytest.fixture
def made(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.build(ONE)
    return made


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_site_is_live_after_a_deploy_and_the_next_one_has_nothing_to_do(
    made: Site, name: str
) -> None:
    done = made.deploy(name)
    assert done.exit_code == 0, done.output
    assert "4 to upload" in done.output
    assert made.live(name) == ONE
    again = made.deploy(name)
    assert again.exit_code == 0
    assert "is up to date" in again.output


@pytest.mark.parametrize("name", NAMES)
def test_a_dry_run_says_what_a_run_does_and_writes_nothing(made: Site, name: str) -> None:
    before = sorted(made.root.rglob("*"))
    dry = made.json(name, "--dry-run")
    assert sorted(made.root.rglob("*")) == before
    real = made.json(name)
    assert (dry["done"], real["done"]) == (False, True)
    assert dry["steps"] == real["steps"]
    assert {step["path"] for step in real["steps"]} == {*ONE, RECORD}
    assert real["verified"] == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_former_release_comes_back(made: Site, name: str) -> None:
    first = made.json(name)["release"]
    made.build(TWO)
    assert made.deploy(name).exit_code == 0
    assert made.live(name) == TWO | {"x.png": "one"}  # cached pages ask for it
    back = made.deploy(name, "--to", first)
    assert back.exit_code == 0, back.output
    assert made.live(name) == ONE | {"y.png": "two"}


def test_a_release_that_is_not_there_is_answered_with_those_that_are(made: Site) -> None:
    first = made.json("plain")["release"]
    made.build(TWO)
    made.deploy("plain")
    wrong = made.deploy("plain", "--to", "2001")
    assert wrong.exit_code == 2
    assert first in wrong.output
    assert made.deploy("plain", "--to", "").exit_code == 2  # a variable of a shell that is not set


def test_quiet_says_nothing_and_verbose_names_each_file(made: Site) -> None:
    assert "put a/index.html (new, 18 B)" in made.deploy("plain", "--dry-run", "-v").output
    assert made.deploy("plain", "-q").output == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("plian",), 'did you mean "plain"?'), ((), "there are several targets: plain, atomic")],
)
def test_a_target_that_is_not_there_is_a_wrong_command_line(
    made: Site, arguments: tuple[str, ...], words: str
) -> None:
    done = made.deploy(*arguments)
    assert done.exit_code == 2
    assert words in done.output


@pytest.mark.parametrize("stamp", [{"drafts": True}, {"preview": True}, {"version": 1}])
def test_a_tree_that_is_not_for_readers_ends_with_4_before_the_target_is_asked(
    made: Site, stamp: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Directory, "get", lambda *_: pytest.fail("a request"))
    made.build(ONE, **stamp)
    assert made.deploy("plain").exit_code == 4
    made.build(ONE | {"a/index.html": '<a href="http://localhost:8000/">'})
    assert made.deploy("plain").exit_code == 4
    made.build(ONE)
    (made.root / "public/x.png").write_text("other")
    done = made.deploy("plain", "--format", "json")
    assert done.exit_code == 4
    assert json.loads(done.stdout)["problems"][0]["kind"] == "LeakError"


def test_the_text_of_a_draft_in_the_output_ends_with_4(made: Site) -> None:
    words = "An owl that nobody is to read of yet sits on the roof and counts the rows."
    (made.root / "content/a.md").write_text("# A\n\nPublished.\n")
    (made.root / "content/b.md").write_text(f"---\ndraft: true\n---\n# B\n\n{words}\n")
    build = ["build", "-s", str(made.root), "-o", str(made.root / "out")]
    assert CliRunner().invoke(main, build).exit_code == 0
    out = ("plain", "-o", str(made.root / "out"), "--dry-run")
    assert made.deploy(*out).exit_code == 0
    (made.root / "static").mkdir()
    (made.root / "static/notes.txt").write_text(words)
    assert CliRunner().invoke(main, build).exit_code == 0
    done = made.deploy(*out)
    assert done.exit_code == 4
    assert 'has the text of a draft ("an owl that nobody is' in done.output


def test_a_guard_ends_with_3_and_says_how_to_insist(made: Site) -> None:
    made.build(ONE | {f"{number}/index.html": "" for number in range(60)})
    assert made.deploy("plain").exit_code == 0
    made.build(ONE)
    done = made.deploy("plain")
    assert done.exit_code == 3
    assert "--max-deletes 60" in done.output
    assert "0/index.html" in made.live("plain")
    assert made.deploy("plain", "--max-deletes", "60").exit_code == 0
    assert made.live("plain") == ONE


def test_what_somebody_else_put_there_is_replaced_only_with_yes_and_never_deleted(
    made: Site,
) -> None:
    (made.root / "live/CNAME").write_text("theirs")
    (made.root / "live/index.html").write_text("theirs")
    assert made.deploy("plain").exit_code == 3
    assert made.live("plain")["index.html"] == "theirs"
    assert made.deploy("plain", "--yes").exit_code == 0
    assert made.live("plain") == ONE | {"CNAME": "theirs"}


@pytest.mark.parametrize("name", NAMES)
def test_while_one_deploys_another_ends_with_5_and_is_told_who(made: Site, name: str) -> None:
    target = open_target(
        DirectorySettings(name="x", path="live", atomic=name == "atomic"), made.root
    )
    hold = target.lock(make_claim(), force=False)
    done = made.deploy(name, "--force-unlock")  # its holder lives: the kernel says so
    assert done.exit_code == 5
    assert f"process {os.getpid()} on " in done.output
    hold.release()
    assert made.deploy(name).exit_code == 0


def test_a_folder_that_is_not_there_ends_with_1_and_says_what_to_do(made: Site) -> None:
    (made.root / "live").rmdir()
    done = made.deploy("plain")
    assert done.exit_code == 1
    assert "no such file" in done.output
    assert "mount" in done.output


def test_the_output_of_a_build_is_no_target(made: Site) -> None:
    (made.root / "live").rmdir()
    (made.root / "live").symlink_to(made.root / "public")
    done = made.deploy("plain", "--yes")
    assert done.exit_code == 1
    assert "another folder" in done.output


def test_what_is_read_back_wrong_ends_with_6(made: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sitegen.deploy.run.PAUSE", 0.0)
    monkeypatch.setattr(directory, "digest", lambda _path: Digest(sha256="", size=0))
    monkeypatch.setattr(Directory, "listing", lambda _self: {})
    done = made.deploy("plain", "--format", "json")
    assert done.exit_code == 6
    assert json.loads(done.stdout)["stopped_at"] == "verify"


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupt_ends_with_130_and_the_next_run_goes_on(
    made: Site, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.deploy(name).exit_code == 0
    made.build(TWO)
    with monkeypatch.context() as patch:
        failing(patch, 2, KeyboardInterrupt)
        done = made.deploy(name)
    assert done.exit_code == 130
    assert "goes on from here" in done.output
    assert made.deploy(name).exit_code == 0
    assert made.live(name) == TWO | {"x.png": "one"}


# --- the disk ------------------------------------------------------------------------------------


def failing(patch: pytest.MonkeyPatch, number: int, error: Any) -> list[int]:
    """From its `number`-th write on, the disk refuses; the numbers of all writes."""
    count: list[int] = []
    write = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        count.append(1)
        if len(count) >= number:
            write(path, data[:1])  # the disk had room for this
            raise error
        return write(path, data)

    patch.setattr(Path, "write_bytes", refuse)
    return count


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
@pytest.mark.parametrize("name", NAMES)
def test_where_the_disk_refuses_a_write_the_live_site_stays_whole(
    made: Site, name: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.deploy(name).exit_code == 0
    made.build(TWO)
    for number in range(1, 12):
        before = made.live(name)
        with monkeypatch.context() as patch:
            writes = failing(patch, number, OSError(code, os.strerror(code), "x"))
            done = made.deploy(name)
        if len(writes) < number:
            assert done.exit_code == 0
            break
        assert done.exit_code == 1
        assert os.strerror(code).lower() in done.output
        live = made.live(name)
        wanted = "y.png" if "y.png" in live["a/index.html"] else "x.png"
        assert wanted in live
        assert name == "plain" or live == before
    else:
        pytest.fail("it never ended")
    assert number > 3
    assert made.live(name) == TWO | {"x.png": "one"}
    assert not list((made.root / "live").rglob(".new*"))


def test_what_passes_is_busy_and_what_does_not_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = open_target(DirectorySettings(name="x", path="."), tmp_path)
    for code, kind in ((errno.ESTALE, BusyError), (errno.EROFS, RefusedError)):
        with monkeypatch.context() as patch:
            failing(patch, 1, OSError(code, os.strerror(code)))
            with pytest.raises(kind, match=os.strerror(code).lower()):
                target.put("a.html", b"", NO_HEADERS)


def test_a_link_that_leads_out_and_a_file_in_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "live/out").symlink_to(tmp_path)
    (tmp_path / "live/file").write_text("theirs")
    (tmp_path / "live/folder/x").mkdir(parents=True)
    target = open_target(DirectorySettings(name="x", path="live"), tmp_path)
    for path in ("out/a.html", "file/a.html", "folder"):
        with pytest.raises(RefusedError):
            target.put(path, b"", NO_HEADERS)
    assert not (tmp_path / "a.html").exists()
    assert (tmp_path / "live/file").read_text() == "theirs"


@pytest.fixture(params=NAMES)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    settings = DirectorySettings(name="x", path=".", atomic=request.param == "atomic", keep_days=0)
    made = open_target(settings, tmp_path)
    assert isinstance(made, Target)
    yield made
    made.close()


def test_names_of_all_sorts_land_where_they_are_asked_for(target: Target) -> None:
    names = ["a b.html", "+&%#?.html", "é.html", "é.html", "x/'\"\\.html", "ünï/日本.html"]
    deploy(site({name: name for name in names}), target)
    assert target.listing().keys() == set(names)
    assert {name: target.get(name) for name in names} == {name: name.encode() for name in names}


def test_a_file_that_becomes_a_folder_in_a_release_makes_way(tmp_path: Path) -> None:
    target = open_target(DirectorySettings(name="x", path=".", atomic=True), tmp_path)
    deploy(site({"a": "file", "index.html": ""}), target)
    target = open_target(DirectorySettings(name="x", path=".", atomic=True), tmp_path)
    deploy(site({"a/index.html": "page", "index.html": ""}), target)
    assert (tmp_path / "current/a/index.html").read_text() == "page"


def test_a_release_is_made_of_hard_links_where_nothing_changed(tmp_path: Path) -> None:
    settings = DirectorySettings(name="x", path=".", atomic=True)
    for texts in ({"a.html": "1", "b.html": "1"}, {"a.html": "1", "b.html": "2"}):
        deploy(site(texts), open_target(settings, tmp_path))
    assert (tmp_path / "current/a.html").stat().st_nlink == 2
    assert (tmp_path / "current/b.html").stat().st_nlink == 1
    assert (tmp_path / "current").readlink().parent == Path("releases")


# --- a reader ------------------------------------------------------------------------------------


def read_for_ever(top: Path, stop: threading.Event, misses: list[str]) -> int:
    """Read the home page and all it refers to, over and over; what is not there is a miss."""

    def read(path: str) -> str | None:
        try:
            return (top / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    rounds = 0
    while not stop.is_set():
        rounds += 1
        home = read("index.html") or ""
        for page in home.split():
            text = read(page)
            assets = (text or "").split()
            misses += [page] if text is None else [each for each in assets if read(each) is None]
    return rounds


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_misses_nothing_during_20_deploys(tmp_path: Path, name: str) -> None:
    def texts(number: int) -> dict[str, str]:
        pages = {f"{n}.html": f"style.{number}.css x{n}.png" for n in range(number % 4 + 3)}
        images = {path.split()[1]: str(number) for path in pages.values()}
        return {**pages, **images, f"style.{number}.css": "", "index.html": " ".join(pages)}

    settings = DirectorySettings(name="x", path=".", atomic=name == "atomic")

    def run(number: int) -> None:
        deploy(site(texts(number)), open_target(settings, tmp_path))

    run(3)  # with the most pages: pages that go are gone for readers of an older home page, too
    misses: list[str] = []
    rounds: list[int] = []
    stop = threading.Event()
    top = tmp_path / ("current" if name == "atomic" else "")
    reader = threading.Thread(target=lambda: rounds.append(read_for_ever(top, stop, misses)))
    reader.start()
    for number in range(20):
        run(4 * number + 3)
    stop.set()
    reader.join()
    assert rounds[0] > 20
    assert misses == []
