"""Templates write what Jinja2 writes by itself, whatever it is and however macros are called."""

from __future__ import annotations

from typing import Any

import jinja2
import pytest
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Macro
from markupsafe import Markup

from sitegen.templates.quick import PlainMacro
from sitegen.templates.sandbox import Environment, make_environment


class Html:
    def __html__(self) -> str:
        return "<i>html</i>"


class Text(str):
    __slots__ = ()


class Marked(Markup):
    __slots__ = ()


VALUES = ["<a & 'b' \"c\">", "", "é", Markup("<b>"), Html(), Text("<t>"), Marked("<m>"), 3, 2.5]
VALUES += [None, True, ["<x>"], ("<y>", Markup("<z>")), {"<k>": "&"}, b"<bytes>"]

WRITING = """\
{{ v }}|{{ [v] }}|{{ v ~ "<" }}|{{ ("<" ~ v) ~ v }}|{{ v|string }}|{{ v|escape }}|{{ v|safe }}
{% set kept %}<p>{{ v }}</p>{% endset %}{{ kept }}{{ kept|length }}{{ kept ~ "&" }}
{% autoescape false %}{{ v }}{{ "<" }}{% endautoescape %}
{% filter upper %}<q>{{ v }}{% endfilter %}
"""
CALLING = """\
{% macro plain(a, b) %}<{{ a }}:{{ b }}>{% endmacro %}
{% macro usual(a, b="<d>") %}{{ a }}{{ b }}{% endmacro %}
{% macro much(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}
{% macro around(a) %}<div>{{ caller(a) }}</div>{% endmacro %}
{% autoescape false %}
{% macro bare(a) %}<{{ a }}>{% endmacro %}{{ bare(v) }}{{ plain(v, v) }}
{% endautoescape %}
{{ plain(v, "<") }}{{ plain(b=v, a=1) }}{{ usual(v) is defined }}{{ usual(v) }}{{ usual(v, v) }}
{{ usual(v, b=1) }}{{ much(v, 1, x="<") }}{{ much(1) is string }}
{% set kept = plain %}{{ kept(v, 2) }}
{% call(c) around(v) %}[{{ c }}]{% endcall %}{{ plain(1, 2)|upper|length }}
{% for n in [1, 2] %}{{ plain(n, plain(v, n)) }}{{ plain(v, n) ~ "&" }}{% endfor %}
"""
WRONG = ["{{ nobody }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "{{ m.x(1) }}"]
WRONG += ["{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{{ v.x }}", "{{ 1() }}"]
WRONG += ["{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, b=2) }}"]


class Slow(Environment):
    template_class = jinja2.Template


def both(text: str, value: Any) -> tuple[str, str]:
    """What our templates write of it, and what those of Jinja2 do."""
    found = []
    for kind in (None, Slow):
        environment = make_environment({"t": ("t", text)}, {}, {})
        if kind:
            environment.__class__ = kind
            environment.bytecode_cache = None
        try:
            found.append(environment.get_template("t").render(v=value))
        except (TypeError, UndefinedError) as error:
            found.append(f"{type(error).__name__}: {error}")
    return found[0], found[1]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("text", [WRITING, CALLING], ids=["writing", "calling"])
def test_the_same_is_written(text: str, value: Any) -> None:
    ours, theirs = both(text, value)
    assert ours == theirs
    assert "Error" not in ours


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_in_the_same_words(text: str) -> None:
    ours, theirs = both(text, "<")
    assert ours == theirs
    assert "Error: " in ours


def test_a_template_has_macros_that_know_what_they_take() -> None:
    text = "{% macro plain(a, b=1) %}{% endmacro %}{% macro much() %}{{ varargs }}{% endmacro %}"
    module: Any = make_environment({"t": ("t", text)}, {}, {}).get_template("t").module
    assert (type(module.plain), module.plain.takes, module.much.takes) == (PlainMacro, 2, -1)
    assert issubclass(PlainMacro, Macro)
