"""The manual of deploying: what it shows is accepted, and what it lists is all there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest

from sitegen.cli import main
from sitegen.config import read_config
from sitegen.deploy.config import TYPES, read_targets
from sitegen.deploy.guards import USUAL_DELETES
from sitegen.deploy.hosts import HOSTS
from sitegen.deploy.plan import PHASES, Reason
from sitegen.deploy.releases import Keeping
from sitegen.deploy.retry import TRIES
from sitegen.deploy.run import SAMPLE
from sitegen.hosting import POLICY
from sitegen.hosting.files import INTRODUCTION
from sitegen.model import SERVERS
from sitegen.screen import EXIT_CODES

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "content/manual/deploy"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MANUAL.glob("*.md"))}
ALL = "\n".join(PAGES.values())
SITE = 'title = "A"\nurl = "https://example.org/"\n'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", ALL, re.MULTILINE | re.DOTALL)


def column(page: str, head: str) -> list[str]:
    """The first cells of the table that begins with this line."""
    table = PAGES[page].partition(f"\n{head}\n")[2].partition("\n\n")[0]
    return re.findall(r"^\| `?([^|`]+?)`? \|", table, re.MULTILINE)[1:]


def test_each_example_of_a_table_is_accepted() -> None:
    kinds = set()
    for block in blocks("toml"):
        config = read_config(SITE + block)
        targets = read_targets(SITE + block)
        assert targets or config.hosting.is_asked, block
        kinds |= {type(each) for each in targets.values()}
    assert kinds == set(TYPES.values())


def test_an_example_of_a_host_is_what_init_writes() -> None:
    examples = {
        name: block
        for text in blocks("toml")
        for name, block in re.findall(r"^\[deploy\.([\w-]+)\]\n((?:.+\n)+)", text, re.MULTILINE)
    }
    for name in examples.keys() & HOSTS.keys():
        wanted = HOSTS[name].table.replace("@HOST@", "example.org").split("\n")
        assert set(wanted) <= set(examples[name].split("\n")), name
    assert {"github-pages", "gitlab-pages", "s3", "r2", "ssh", "directory"} <= examples.keys()


@pytest.mark.parametrize("line", [each for text in blocks("sh") for each in text.splitlines()])
def test_each_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] != "sitegen":
        assert words[0] in {"git", "pip"}
        return
    command = main.commands[words[1]]
    options = {name for each in command.params for name in each.opts if name.startswith("-")}
    assert {word for word in words if word.startswith("-")} <= options
    if "--init" in words:
        assert words[words.index("--init") + 1] in HOSTS


def test_each_option_that_is_named_exists() -> None:
    known = {
        name
        for command in (main.commands["deploy"], main.commands["build"])
        for each in command.params
        if isinstance(each, click.Option)
        for name in each.opts
    }
    assert set(re.findall(r"`(--[a-z-]+)", ALL)) <= known


def test_each_host_is_in_the_table_of_hosts_and_on_its_page() -> None:
    table = PAGES["index"].partition("\n| host | page |\n")[2].partition("\n\n")[0]
    for names, page in re.findall(r"^\| (`.*) \| \[.*\]\((\w+)\.md\) \|$", table, re.MULTILINE):
        for name in re.findall("`([^`]+)`", names):
            assert name in HOSTS
            assert name in PAGES[page]
    assert set(re.findall("`([a-z0-9-]+)`", table)) == set(HOSTS)


def test_each_file_that_a_host_gets_is_named() -> None:
    for name, host in HOSTS.items():
        for path in host.files.keys() - {".python-version"}:
            assert f"`{path}`" in ALL, name


def test_the_phases_are_those_of_a_run_in_their_order() -> None:
    assert column("index", "| phase | what goes then, and why |") == list(PHASES)


def test_the_reasons_are_those_of_a_plan() -> None:
    named = re.findall(r"\*(\w+)\*", PAGES["index"].partition("{#plan}")[2].partition("\n\n")[2])
    assert {*named[:5]} == {"new", "changed", "gone", "damaged", "headers"} <= {*get_args(Reason)}


def test_the_codes_are_those_of_the_program() -> None:
    codes = column("index", "| exit code | what happened | what to do |")
    assert codes == [str(code) for code in EXIT_CODES]


def test_the_numbers_are_those_of_the_program() -> None:
    index, keeping = PAGES["index"], Keeping()
    assert f"more than {USUAL_DELETES} files, or a tenth" in index
    assert SAMPLE == 25
    assert "sample of 25 files" in index
    assert TRIES == 8
    assert "up to eight times" in index
    assert (keeping.releases, keeping.days) == (3, 30)
    assert "for three releases and 30 days" in index


def test_the_policy_and_the_server_block_are_what_is_written() -> None:
    assert f"\n{POLICY}\n" in PAGES["servers"]
    (shown,) = blocks("nginx")
    written = INTRODUCTION.format(host="example.org", root="/srv/www/current", base="/")
    comments = re.findall(r"^#     (.*)$", written, re.MULTILINE)
    assert shown.splitlines() == comments
    assert {server for server in SERVERS if server in ALL} == set(SERVERS)


def test_the_front_page_of_the_manual_leads_to_each_page() -> None:
    front = (MANUAL.parent / "index.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"(deploy/{page}.md)" in front
