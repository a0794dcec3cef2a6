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


def test_the_templates_of_the_manual_are_the_theme_s() -> None:
    named = set(re.findall(r"`([\w]+\.html)`", THEME))
    assert {path.name for path in (ROOT / "templates").glob("*.html")} - {"macros.html"} == named


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_link_of_the_readme_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
