"""`sitegen deploy --init`: what each host is given is what it and sitegen can read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from sitegen.cli import main
from sitegen.config import read_config
from sitegen.deploy.config import GitSettings, read_targets
from sitegen.deploy.hosts import FILES, HOSTS, SAY_WHERE

ROOT = Path(__file__).parents[2]
TOML = '# mine\ntitle = "A"  # a comment\nurl = "https://notes.example.org/"\n'
POST = "---\ntitle: Owl\ndate: 2026-01-01\n---\nText of an owl.\n"
BUILT = {"netlify", "cloudflare-pages", "vercel"}
"""Hosts that fetch the sources themselves."""


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site in a repository of its own, whose origin is a bare one."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    bare, folder = tmp_path / "origin.git", tmp_path / "notes"
    subprocess.run(["git", "init", "--bare", "-q", "-b", "trunk", bare], check=True)
    subprocess.run(["git", "init", "-q", "-b", "trunk", folder], check=True)
    git(folder, "remote", "add", "origin", str(bare))
    (folder / "content/posts").mkdir(parents=True)
    (folder / "content/posts/owl.md").write_text(POST)
    (folder / "site.toml").write_text(TOML)
    return folder


def init(site: Path, host: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["deploy", "--init", host, "-s", str(site), *more])


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {name: data for name, data in names.items() if not name.startswith(".git/")}


def parsed(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"@[A-Z]+@", text)
    if path.suffix == ".json":
        return json.loads(text)
    return tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)


def steps(workflow: Any) -> list[str]:
    """The shell commands of the one job of a workflow."""
    (job,) = workflow["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


# --- what is written -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
def test_what_a_host_is_given_can_be_read(host: str, site: Path) -> None:
    result = init(site, host)
    assert result.exit_code == 0, result.output
    text = (site / "site.toml").read_text()
    assert text.startswith(TOML)
    assert set(read_targets(text)) == (set() if host in BUILT else {host})
    assert read_config(text).hosting.server == HOSTS[host].server
    assert "next: " in result.output
    for name in HOSTS[host].files:
        assert f"created {site.resolve() / name}" in result.output
        assert parsed(site / name)
    requirements = site / "requirements.txt"
    assert requirements.exists() == bool(HOSTS[host].files)
    if requirements.exists():  # this program lies in a folder, and its name is not its own
        assert requirements.read_text() == SAY_WHERE
        assert f"next: say in {requirements.resolve()} where pip finds sitegen" in result.output


def test_a_program_that_came_from_a_repository_is_asked_for_there(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Came:
        def read_text(self, _name: str) -> str:
            vcs = {"vcs": "git", "commit_id": "c0ffee"}
            return json.dumps({"url": "https://example.org/sitegen", "vcs_info": vcs})

    monkeypatch.setattr("importlib.metadata.distribution", lambda _name: Came())
    result = init(site, "github-pages")
    text = (site / "requirements.txt").read_text()
    assert text == "sitegen @ git+https://example.org/sitegen@c0ffee\n"
    assert "next: commit site.toml" in result.output


@pytest.mark.parametrize("host", HOSTS)
def test_nothing_that_is_there_is_changed(host: str, site: Path) -> None:
    (site / "requirements.txt").write_text("sitegen==9\n")
    before = files(site)
    assert init(site, host).exit_code == 0
    after = files(site)
    assert {name: after[name] for name in before if name != "site.toml"} == {
        name: data for name, data in before.items() if name != "site.toml"
    }
    again = init(site, host)
    assert again.exit_code in {1, 2}
    assert "already" in again.output
    assert files(site) == after


@pytest.mark.parametrize("host", [name for name, host in HOSTS.items() if host.files])
def test_a_file_in_the_way_is_named_and_nothing_is_written(host: str, site: Path) -> None:
    name = next(iter(HOSTS[host].files))
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_text("mine")
    before = files(site)
    result = init(site, host)
    assert result.exit_code == 1
    assert f'{name}" exists already' in result.output
    assert files(site) == before


def test_a_table_can_have_another_name(site: Path) -> None:
    assert init(site, "s3").exit_code == 0
    refused = init(site, "s3")
    assert refused.exit_code == 2
    assert "[deploy.s3] is in site.toml already" in refused.output
    assert "sitegen deploy NAME --init s3" in refused.output
    assert init(site, "s3", "spare").exit_code == 0
    assert list(read_targets((site / "site.toml").read_text())) == ["s3", "spare"]
    assert init(site, "github-pages", "live").exit_code == 0
    assert steps(parsed(site / ".github/workflows/site.yml"))[-1] == "sitegen deploy live"


def test_a_host_or_a_name_that_cannot_be_is_refused(site: Path) -> None:
    result = init(site, "github-page")
    assert result.exit_code == 2
    assert 'did you mean "github-pages"?' in result.output
    assert "no name of a target" in init(site, "s3", "a b").output
    assert files(site)["site.toml"] == TOML.encode()


def test_a_file_of_other_line_ends_and_without_the_last_one_keeps_them(site: Path) -> None:
    (site / "site.toml").write_bytes(b"\xef\xbb\xbf" + TOML.rstrip().replace("\n", "\r\n").encode())
    assert init(site, "s3").exit_code == 0
    data = (site / "site.toml").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") > 6
    assert b'example.org/"\r\n\r\n[deploy.s3]\r\n' in data


@pytest.mark.parametrize("line", ['deploy = { a = { type = "git", remote = "b" } }', "[hosting]"])
def test_what_cannot_be_added_to_is_shown_instead(line: str, site: Path) -> None:
    (site / "site.toml").write_text(f"{TOML}{line}\n")
    before = files(site)
    result = init(site, "netlify" if "hosting" in line else "s3")
    assert result.exit_code == 2
    assert "by hand" in result.output
    assert files(site) == before


def test_a_server_that_was_chosen_stays(site: Path) -> None:
    (site / "site.toml").write_text(f'{TOML}[hosting]\nserver = "nginx"\n')
    before = files(site)["site.toml"]
    assert init(site, "netlify").exit_code == 0
    assert files(site)["site.toml"] == before


def test_each_file_belongs_to_a_host() -> None:
    used = {own for host in HOSTS.values() for own in host.files.values() if own}
    assert used == {path.name for path in FILES.iterdir()}


def test_as_json_it_says_the_same(site: Path) -> None:
    said = json.loads(init(site, "s3", "--format", "json").output)
    assert said["host"] == "s3"
    assert said["created"] == []
    assert said["added"].startswith("[deploy.s3]")


# --- what it is worth ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["github-pages", "codeberg"])
def test_actions_are_pinned_and_what_they_may_do_is_little(host: str, site: Path) -> None:
    assert init(site, host).exit_code == 0
    text = (site / next(iter(HOSTS[host].files))).read_text()
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    for each in uses:
        assert re.fullmatch(r"[\w./:-]+@[0-9a-f]{40} # v[\d.]+", each), each
    workflow = yaml.safe_load(text)
    assert workflow[True]["push"] == {"branches": ["trunk"]}  # "on" is a boolean of YAML
    if host == "github-pages":
        assert workflow["permissions"] == {}
        assert workflow["jobs"]["site"]["permissions"] == {"contents": "write"}
    assert not re.search("sitegen deploy.*(-y|--force)", text)


@pytest.mark.parametrize("below", ["", "web/notes"])
@pytest.mark.parametrize("host", ["github-pages", "codeberg"])
def test_the_steps_of_the_workflow_publish_a_clone(
    host: str, below: str, site: Path, tmp_path: Path
) -> None:
    if below:
        _move_below(site, below)
    assert init(site / below, host).exit_code == 0
    clone = _clone(site, tmp_path)
    workflow = parsed(clone / next(iter(HOSTS[host].files)))
    ran = _run([each for each in steps(workflow) if "install" not in each], clone)
    assert [each.split()[1] for each in ran] == ["build", "deploy"]
    settings = read_targets((clone / below / "site.toml").read_text())[host]
    assert isinstance(settings, GitSettings)
    bare = tmp_path / "origin.git"
    listed = git(bare, "ls-tree", "-r", "--name-only", settings.branch).split("\n")
    assert {"index.html", "posts/owl/index.html", ".sitegen/record.json"} <= set(listed)
    (cached,) = [
        step["with"]["path"]
        for step in workflow["jobs"]["site"]["steps"]
        if "cache@" in step.get("uses", "")
    ]
    assert (clone / cached / "memo.pack").is_file()


@pytest.mark.parametrize("below", ["", "web/notes"])
def test_the_script_of_gitlab_fills_the_folder_that_is_published(
    below: str, site: Path, tmp_path: Path
) -> None:
    if below:
        _move_below(site, below)
    assert init(site / below, "gitlab-pages").exit_code == 0
    clone = _clone(site, tmp_path)
    job = parsed(clone / ".gitlab-ci.yml")["pages"]
    script = [each for each in job["script"] if "install" not in each]
    _run(script, clone)
    (published,) = job["artifacts"]["paths"]
    assert (clone / published / "posts/owl/index.html").is_file()
    assert job["artifacts"]["exclude"] == [f"{published}/.sitegen/**/*"]
    assert set(job["cache"]["paths"]) == {published, published.replace("public", ".sitegen")}
    for path in job["cache"]["paths"]:
        assert (clone / path).is_dir()
    (clone / below / "content/posts/owl.md").write_text(POST.replace("of an owl", "of a bat"))
    _run(script, clone)  # with the cache of the pipeline before
    assert "Text of a bat" in (clone / published / "posts/owl/index.html").read_text()


def test_the_tasks_of_sourcehut_pack_the_site(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert init(site, "sourcehut").exit_code == 0
    clone = _clone(site, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    build, publish = (next(iter(each.values())) for each in parsed(clone / ".build.yml")["tasks"])
    lines = [
        line for line in build.strip().split("\n") if " venv " not in line and "pip" not in line
    ]
    assert lines[0] == "cd notes"
    _run([line.removeprefix("~/site/bin/") for line in lines[1:]], clone)
    with tarfile.open(tmp_path / "site.tar.gz") as tar:
        names = set(tar.getnames())
    assert {"./index.html", "./404.html", "./posts/owl/index.html"} <= names
    assert not [name for name in names if "sitegen" in name]
    assert "-d notes.example.org " in publish


@pytest.mark.parametrize(
    ("host", "command", "folder"),
    [
        ("netlify", ("build", "command"), ("build", "publish")),
        ("cloudflare-pages", (), ("pages_build_output_dir",)),
        ("vercel", ("buildCommand",), ("outputDirectory",)),
    ],
)
def test_the_command_of_a_host_writes_the_folder_that_it_takes(
    host: str, command: tuple[str, ...], folder: tuple[str, ...], site: Path, tmp_path: Path
) -> None:
    _move_below(site, "web")
    result = init(site / "web", host)
    assert result.exit_code == 0, result.output
    clone = _clone(site, tmp_path)
    config = parsed(clone / next(iter(HOSTS[host].files)))
    told = re.search(r"build command: (.*)", result.output)
    line = _at(config, command) if command else (told[1] if told else "")
    _run([line.removeprefix(".venv/bin/")], clone)
    published = clone / _at(config, folder)
    assert (published / "index.html").is_file()
    assert (published / "_headers").is_file() == bool(HOSTS[host].server)


def test_vercel_is_told_the_headers_of_all_other_hosts(site: Path) -> None:
    from sitegen.hosting import FOR_EVER, SECURITY

    assert init(site, "vercel").exit_code == 0
    everything, kept = parsed(site / "vercel.json")["headers"]
    told = {each["key"]: each["value"] for each in everything["headers"]}
    assert {name: told[name] for name in SECURITY} == dict(SECURITY)
    assert re.fullmatch(kept["source"], "/a/style.0123456789.css")
    assert not re.fullmatch(kept["source"], "/a/style.css")
    assert kept["headers"] == [{"key": "Cache-Control", "value": FOR_EVER}]


def _at(config: Any, keys: tuple[str, ...]) -> str:
    for key in keys:
        config = config[key]
    return str(config)


def _move_below(site: Path, below: str) -> None:
    (site / below).mkdir(parents=True)
    for name in ("site.toml", "content"):
        (site / name).rename(site / below / name)


def _clone(site: Path, folder: Path) -> Path:
    git(site, "add", "-A")
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    git(site, *identity, "commit", "-q", "-m", "A site")
    git(site, "push", "-q", "origin", "trunk")
    git(folder, "clone", "-q", str(folder / "origin.git"), "clone")
    return folder / "clone"


def _run(commands: list[str], folder: Path) -> list[str]:
    """Run shell commands as a server does, with this checkout as the program."""
    runner = CliRunner()
    for command in commands:
        words = shlex.split(command)
        if words[0].endswith("sitegen"):
            _sitegen(runner, words[1:], folder)
        else:
            subprocess.run(command, shell=True, check=True, cwd=folder)  # noqa: S602 - it is ours
    return commands


def _sitegen(runner: CliRunner, arguments: list[str], folder: Path) -> None:
    """In this process, which has all of it loaded already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = runner.invoke(main, arguments)
    assert result.exit_code == 0, result.output
