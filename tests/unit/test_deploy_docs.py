"""What the page about deploying must name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from sitegen.cli import main
from sitegen.deploy import target
from sitegen.deploy.config import TYPES
from sitegen.errors import DeployError

PAGE = (Path(__file__).parents[2] / "content/manual/deploy/reference.md").read_text(
    encoding="utf-8"
)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_and_every_key_of_it_is_documented(kind: str) -> None:
    assert f"`{kind}`" in PAGE
    for field in fields(TYPES[kind]):
        assert field.name == "name" or re.search(rf"`{field.name}[` ]", PAGE), field.name


def test_every_option_of_deploy_is_documented() -> None:
    own = {"-s", "--format", "-q", "-v"}
    options = {each.opts[0] for each in main.commands["deploy"].params if each.name != "target"}
    for option in options - own:
        assert f"`{option}" in PAGE, option


def test_every_exit_code_is_documented() -> None:
    codes = {
        each.code
        for each in vars(target).values()
        if isinstance(each, type) and issubclass(each, DeployError)
    }
    assert codes == {1, 2, 3, 4, 5, 6}
    for code in codes:
        assert f"\n| {code} | " in PAGE
