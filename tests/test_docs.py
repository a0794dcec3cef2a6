"""What the documentation must name; the tables and examples have tests of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sitegen.cli import main
from sitegen.config import SITE
from sitegen.deploy import target
from sitegen.errors import DeployError
from sitegen.figures.spec import VIEWS
from sitegen.figures.views import FIGURES, READINGS
from sitegen.screen import EXIT_CODES
from tests.reference import SAMPLE
from tests.sites import make_site

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "content/manual"
THEME, CONFIGURATION, COMMANDS = (
    (MANUAL / name).read_text(encoding="utf-8")
    for name in ("theme.md", "configuration.md", "commands.md")
)


@pytest.mark.parametrize("command", main.commands)
def test_every_command_has_a_section_of_its_own(command: str) -> None:
    assert f"\n## sitegen {command} {{#{command}}}\n" in COMMANDS


@pytest.mark.parametrize("key", sorted(SITE))
def test_every_key_of_the_configuration_is_named(key: str) -> None:
    assert re.search(rf"`\[?{key}[`.\]]", CONFIGURATION)


def test_every_view_that_is_drawn_is_described() -> None:
    assert set(VIEWS) == {*FIGURES, *READINGS}


def test_every_exit_code_of_a_deploy_is_described() -> None:
    codes = {
        each.code
        for each in vars(target).values()
        if isinstance(each, type) and issubclass(each, DeployError)
    }
    assert codes | {0, 130} == set(EXIT_CODES)


def test_every_address_of_a_site_is_in_the_table_and_none_beside_it(tmp_path: Path) -> None:
    site = make_site(tmp_path, SAMPLE)
    assert site.problems == ()
    table = CONFIGURATION.partition("## What is published")[2].partition("\n## ")[0]
    shown = [
        re.escape(address)
        .replace("NAME", r"[\w-]+")
        .replace("ID", r"[\w-]+")
        .replace("DIGEST", r"\w{10}")
        .replace("2", r"\d+")
        for cell in re.findall(r"^\| (`/.*?) \|", table, re.MULTILINE)
        for address in re.findall("`(/[^`]*)`", cell)
    ]
    made = {f"/{path.removesuffix('index.html')}" for path in site.paths}
    for each in shown:
        assert any(re.fullmatch(each, address) for address in made), each
    sections = [each.replace("essays", "poems") for each in shown]
    known = [
        *shown,
        *sections,
        r"/style\.css",
        r"/favicon\.svg",
        r"/[\w-]+\.\w{10}\.(css|js)",
        r"/search/.*",
    ]
    assert [each for each in made if not any(re.fullmatch(one, each) for one in known)] == []


def test_the_templates_of_the_manual_are_the_theme_s() -> None:
    named = set(re.findall(r"`([\w]+\.html)`", THEME))
    assert {path.name for path in (ROOT / "templates").glob("*.html")} - {"macros.html"} == named


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_link_of_the_readme_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
