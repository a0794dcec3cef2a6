"""The commands as a newcomer types them."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sitegen(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sitegen", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    done = sitegen("init", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    return tmp_path / "site"


def test_a_new_site_builds_at_once_with_a_post_a_poem_and_a_figure(site: Path) -> None:
    done = sitegen("build", "--strict", "-s", site)
    assert done.returncode == 0, done.stderr
    post = (site / "public/posts/a-first-look/index.html").read_text(encoding="utf-8")
    assert "<svg" in post
    poem = (site / "public/poems/a-first-poem/index.html").read_text(encoding="utf-8")
    assert "1984. stays a year" in poem
    assert sitegen("check", "-s", site).returncode == 0


def test_init_never_writes_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = sitegen("init", tmp_path)
    assert done.returncode == 1
    assert "is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_init_can_bring_the_theme_to_be_changed(tmp_path: Path) -> None:
    assert sitegen("init", "--theme", tmp_path / "site").returncode == 0
    assert (tmp_path / "site/static/style.css").is_file()
    assert list((tmp_path / "site/templates").glob("*.html"))
    assert sitegen("build", "-s", tmp_path / "site").returncode == 0


@pytest.mark.parametrize(
    ("kind", "title", "path"),
    [
        ("post", "What: a “title” #1", "content/posts/what-a-title-1.md"),
        ("poem", "Übung & Meisterschaft", "content/poems/übung-meisterschaft.md"),
        ("page", "Now", "content/now.md"),
    ],
)
def test_new_begins_a_source_that_builds(site: Path, kind: str, title: str, path: str) -> None:
    done = sitegen("new", kind, title, "-s", site)
    assert done.returncode == 0, done.stderr
    assert (site / path).is_file()
    explained = json.loads(sitegen("explain", path, "-s", site, "--format", "json").stdout)
    titles = [each["value"] for each in explained["facts"] if each["name"] == "title"]
    assert titles == [title]
    again = sitegen("new", kind, title, "-s", site)
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize("title", ["", " ", "a\x1bb", "\udcff"])
def test_a_title_is_text(site: Path, title: str) -> None:
    done = sitegen("new", "post", title, "-s", site)
    assert done.returncode == 2
    assert "error: the title " in done.stderr


def test_a_draft_is_left_out_and_named(site: Path) -> None:
    sitegen("new", "post", "Secret plan", "-s", site)
    done = sitegen("build", "-s", site)
    assert "left out content/posts/secret-plan.md: it is a draft" in done.stdout
    assert not (site / "public/posts/secret-plan").exists()
    assert sitegen("build", "-s", site, "--drafts").returncode == 0
    assert (site / "public/posts/secret-plan/index.html").is_file()


def test_a_mistake_ends_with_1_keeps_the_old_output_and_names_its_place(site: Path) -> None:
    sitegen("build", "-s", site)
    before = (site / "public/index.html").read_bytes()
    (site / "content/posts/b.md").write_text("[x](nowhere.md)\n", encoding="utf-8")
    done = sitegen("build", "-s", site)
    assert done.returncode == 1
    assert "content/posts/b.md:1:5: error" in done.stderr
    assert "Traceback" not in done.stderr
    assert (site / "public/index.html").read_bytes() == before
    assert not (site / "public/posts/b").exists()


def test_a_template_that_cannot_be_read_takes_no_page_away(site: Path) -> None:
    sitegen("build", "-s", site)
    (site / "templates").mkdir()
    (site / "templates/base.html").write_text("{% if %}", encoding="utf-8")
    done = sitegen("build", "--keep-going", "-s", site)
    assert done.returncode == 1
    assert done.stderr.endswith("nothing was written\n")
    assert (site / "public/index.html").is_file()


def test_problems_as_json_have_their_place(site: Path) -> None:
    (site / "content/posts/b.md").write_text("[x](nowhere.md)\n", encoding="utf-8")
    done = sitegen("build", "-s", site, "--format", "json")
    [problem] = json.loads(done.stdout)["problems"]
    assert (problem["path"], problem["line"], problem["kind"]) == (
        "content/posts/b.md",
        1,
        "LinkError",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "-s", "/nonexistent"],
        ["build", "--no-such-option"],
        ["biuld"],
        ["explain", "no/such/page"],
    ],
)
def test_a_wrong_command_line_ends_with_2(site: Path, arguments: list[str]) -> None:
    if arguments[0] == "explain":
        arguments = [*arguments, "-s", str(site)]
    done = sitegen(*arguments)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "target",
    [
        "content/poems/a-first-poem.md",
        "poems/a-first-poem",
        "/poems/a-first-poem/",
        "https://example.org/poems/a-first-poem/",
        "poems/a-first-poem/index.html",
        "public/poems/a-first-poem/index.html",
        "{site}/content/poems/a-first-poem.md",
    ],
)
def test_explain_takes_a_source_an_address_or_an_output(site: Path, target: str) -> None:
    done = sitegen("explain", target.format(site=site), "-s", site)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("content/poems/a-first-poem.md\n  at /poems/a-first-poem/")
    assert "the folder poems/" in done.stdout


def test_verify_and_timings_say_what_they_did(site: Path) -> None:
    done = sitegen("build", "-s", site, "--verify", "--timings", "--no-cache", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "files are the same in a build with nothing remembered" in done.stdout
    assert " ms\n" in done.stdout


def test_help_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, click.testing, sitegen.cli as c;"
        "r = click.testing.CliRunner().invoke(c.main, ['--help']);"
        "assert r.exit_code == 0;"
        "print([m for m in ('numpy', 'jinja2', 'pygments', 'markdown_it', 'yaml') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_one_post_that_will_not_end_costs_only_itself(site: Path) -> None:
    (site / "site.toml").write_text(
        'title = "A"\nurl = "https://example.org/"\n[markup]\nmax_seconds = 0.5\n',
        encoding="utf-8",
    )
    slow = "a" + "".join(f"[{n}][" for n in range(20000)) + "x" * 400_000 + "*a **b " * 60_000
    (site / "content/posts/slow.md").write_text(slow, encoding="utf-8")
    (site / "content/posts/wrong.md").write_text("[x](nowhere.md)\n", encoding="utf-8")
    done = sitegen("build", "-s", site)
    assert done.returncode == 1
    assert "content/posts/slow.md:1:1: error: this file took longer than 0.5 s" in done.stderr
    assert "content/posts/wrong.md:1:5: error" in done.stderr


def test_explain_tells_what_a_source_makes_from_where_it_is_listed(site: Path) -> None:
    told = sitegen("explain", "content/poems/a-first-poem.md", "-s", site).stdout.splitlines()
    made = [line.split()[1] for line in told if line.startswith("  makes ")]
    assert made == ["poems/a-first-poem/index.html", "poems/a-first-poem/index.md"]
    assert "  listed at /poems/" in told


def test_explain_speaks_no_python_and_knows_static_files(site: Path) -> None:
    told = sitegen("explain", "about", "-s", site).stdout
    assert "draft         false  (default)" in told
    assert "authors       Your name  (site.toml)" in told
    assert "tags" not in told
    (site / "static").mkdir()
    (site / "static/print.css").write_text("p{}", encoding="utf-8")
    told = sitegen("explain", "static/print.css", "-s", site).stdout
    assert "makes print." in told
    wrong = sitegen("explain", "abuot", "-s", site).stderr
    assert 'did you mean "/about/"?\n' in wrong


@pytest.mark.parametrize("output", ["", "content", "content/out", "static/a", "templates"])
def test_a_site_is_never_written_among_its_sources(site: Path, output: str) -> None:
    before = sorted(site.rglob("*"))
    done = sitegen("build", "-s", site, "-o", site / output)
    assert done.returncode == 2
    assert "its sources are there" in done.stderr
    assert sorted(site.rglob("*")) == before


def test_what_cannot_be_read_is_named_without_being_opened(site: Path) -> None:
    os.mkfifo(site / "content/pipe.md")
    (site / "content/out.md").symlink_to("/etc/hostname")
    done = sitegen("build", "-s", site)
    assert done.returncode == 0
    assert "content/pipe.md is not a regular file: skipped" in done.stderr
    assert done.stderr.count("|") == 0


@pytest.mark.parametrize("command", [["build", "-v"], ["explain", "about"]])
def test_a_reader_that_leaves_and_a_full_disk_give_no_traceback(
    site: Path, command: list[str]
) -> None:
    whole = shlex.join([sys.executable, "-m", "sitegen", *command, "-s", str(site)])
    for end in ("| true", "> /dev/full"):
        done = subprocess.run(
            ["bash", "-c", f"{whole} {end}"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
        assert len(done.stderr.splitlines()) <= 1


def test_an_interrupted_build_ends_at_once_with_its_workers(site: Path) -> None:
    for number in range(60):
        (site / f"content/posts/slow-{number}.md").write_text("[" * 8000, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "sitegen", "build", "-s", str(site), "--jobs", "2"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as build:
        children = Path(f"/proc/{build.pid}/task/{build.pid}/children")
        while len(workers := children.read_text(encoding="ascii").split()) < 2:
            assert build.poll() is None
        build.send_signal(signal.SIGINT)
        _, told = build.communicate(timeout=20)
    assert (build.returncode, told) == (130, "interrupted\n")
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_new_does_not_take_the_place_of_a_folder_s_page(site: Path) -> None:
    done = sitegen("new", "post", "Index", "-s", site)
    assert done.returncode == 2
    assert "would be the page of its folder" in done.stderr
    assert not (site / "content/posts/index.md").exists()


def test_a_mistake_in_a_template_is_told_once_and_a_program_is_told_of_each_page(
    site: Path,
) -> None:
    for number in range(120):
        (site / f"content/posts/many-{number}.md").write_text("Words.\n", encoding="utf-8")
    assert sitegen("build", "-s", site).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (site / "public").rglob("*")}
    (site / "templates").mkdir(exist_ok=True)
    (site / "templates/essay.html").write_text("{{ pgae }}", encoding="utf-8")
    done = sitegen("build", "-s", site)
    assert done.returncode == 1
    assert done.stderr.count("templates/essay.html:1:4: error: ") == 1
    assert re.search(r"while rendering content/posts/\S+ and 1\d\d other pages\n", done.stderr)
    assert "\n1 error\nnothing was written" in done.stderr
    told = json.loads(sitegen("build", "-s", site, "--format", "json").stdout)["problems"]
    assert len({each["page"] for each in told}) > 120
    assert {path: path.stat().st_mtime_ns for path in (site / "public").rglob("*")} == before
