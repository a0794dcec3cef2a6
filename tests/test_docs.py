"""What the documentation must name, and what it shows must work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sitegen.cli import main
from sitegen.config import MARKUP, SECTION, SITE
from sitegen.figures.spec import KEYS
from sitegen.figures.views import FIGURES, READINGS
from sitegen.frontmatter.fields import FIELDS
from tests.sites import make_site

ROOT = Path(__file__).parents[1]
README, WRITING, CONFIGURATION = (
    (ROOT / path).read_text(encoding="utf-8")
    for path in ("README.md", "content/manual/writing.md", "content/manual/configuration.md")
)


@pytest.mark.parametrize("command", main.commands)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`sitegen {command}" in README


@pytest.mark.parametrize(
    "option", [each.opts[0] for each in main.commands["build"].params if each.name != "no_cache"]
)
def test_every_option_of_build_is_documented(option: str) -> None:
    assert f"`{option}" in README


@pytest.mark.parametrize("field", FIELDS)
def test_every_front_matter_field_is_documented(field: str) -> None:
    assert f"`{field}`" in WRITING


@pytest.mark.parametrize("name", [*KEYS, *FIGURES, *READINGS])
def test_every_key_and_every_view_of_a_figure_is_named(name: str) -> None:
    assert re.search(rf"`{name}[`:]", WRITING)  # and explained in the manual


@pytest.mark.parametrize(
    "key", sorted((SITE | SECTION | MARKUP) - {"deploy", "sections", "markup"})
)
def test_every_key_of_the_configuration_is_documented(key: str) -> None:
    assert f"`{key}`" in CONFIGURATION


def test_the_examples_of_the_manual_build(tmp_path: Path) -> None:
    blocks = re.findall(r"\n\n((?:    .*\n|\n)+)", WRITING)
    examples = [re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") for block in blocks]
    front, poem, fence, figure, _mistake = examples
    site = make_site(
        tmp_path,
        f"== content/poems/owl.md\n{poem}\n== content/posts/a.md\n{front}\n\n{fence}\n\n{figure}\n",
    )
    assert site.problems == ()
    page = site.text("posts/a/index.html")
    assert "Attention: a love story" in page
    assert '<figure class="attention" id="by-hand"' in page
    assert 'data-indent="32"' in site.text("poems/owl/index.html")


def test_the_templates_of_the_manual_are_the_theme_s() -> None:
    named = set(re.findall(r"`([\w]+\.html)`", CONFIGURATION))
    assert {path.name for path in (ROOT / "templates").glob("*.html")} - {"macros.html"} <= named
