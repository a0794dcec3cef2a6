"""The manual: a page for each view with a live example, and everything that a block may hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import isqrt
from pathlib import Path
from typing import get_args

import click
import pytest

from sitegen import figures
from sitegen.build import Built, build
from sitegen.build.readings import refuse
from sitegen.cli import main
from sitegen.errors import Span
from sitegen.figures import grammar, learned, matrices, needs, spec, views
from sitegen.figures.spec import values
from sitegen.inputs import read_inputs
from sitegen.lock import LOCK, read_lock
from sitegen.markup.quoted import sources
from sitegen.model import MOST_CELLS, Document, Fence, Figure, Measure
from sitegen.models.table import MODELS, Model
from tests.sites import run_here

ROOT = Path(__file__).parents[1]
MANUAL = "content/manual/figures/"
REFERENCE, REAL = (
    (ROOT / MANUAL / name).read_text(encoding="utf-8") for name in ("index.md", "models.md")
)
VIEWS = [*views.FIGURES, *views.READINGS]
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SEEDED = "model: toy\ntext: the bat flew home\nseed: 1\nd_model: 8\nlayers: 3\nheads: 2\n"


@pytest.fixture(scope="module")
def blog() -> Built:
    inputs = read_inputs(ROOT)
    return build(inputs, run_here, now=NOW, drafts=False, future=False, reader=refuse)


def text_of(blog: Built, path: str) -> str:
    data = blog.snapshot.artifacts[path].data
    assert data is not None
    return data.decode()


def document(blog: Built, name: str) -> Document:
    return next(each for each in blog.documents if each.path == f"{MANUAL}{name}.md")


def example(name: str) -> str:
    """The code of the page's one example."""
    text = (ROOT / MANUAL / f"{name}.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^````markdown\n(.*?)^````$", text, re.MULTILINE | re.DOTALL)
    return str(found)


# --- the pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_has_a_page_whose_example_is_the_live_figure_below_it(
    view: str, blog: Built
) -> None:
    page = document(blog, view)
    (fence,) = page.fences
    assert example(view) == f"```attention\n{fence.text}```\n"
    assert f"\nview: {view}\n" in fence.text
    html = text_of(blog, f"manual/figures/{view}/index.html")
    (figure,) = page.figures
    assert figure.html in html
    assert figure.html.startswith(f'<figure class="attention" id="{figure.id}"')
    assert f'data-view="{view}"' in figure.html
    assert f"manual/figures/{view}/{figure.id}.svg" in blog.snapshot.artifacts


def test_no_page_is_about_a_view_that_is_gone() -> None:
    pages = {path.stem for path in (ROOT / MANUAL).glob("*.md")}
    assert pages == {"index", "models", *VIEWS}


def test_the_reference_and_the_front_page_lead_to_every_view(blog: Built) -> None:
    for page in ("manual/figures/index.html", "manual/index.html"):
        html = text_of(blog, page)
        assert [view for view in VIEWS if f'"/manual/figures/{view}/"' not in html] == []


def test_the_manual_is_in_the_navigation_and_in_no_feed(blog: Built) -> None:
    assert '<a href="/manual/">Manual</a>' in text_of(blog, "index.html")
    pages = {path for path in blog.site.pages if path.startswith("content/manual/")}
    assert {f"content/manual/figures/{view}.md" for view in VIEWS} < pages
    assert not pages & {path for feed in blog.site.feeds for path in feed.entries}
    assert "/manual/figures/arcs/" in text_of(blog, "sitemap.xml")


# --- what the reference says -----------------------------------------------------------------


@pytest.mark.parametrize("key", spec.KEYS)
def test_every_key_is_explained_in_a_row_of_its_own_or_of_its_kind(key: str) -> None:
    assert re.search(rf"^\| [^|]*`{key}`[^|]*\|", REFERENCE, re.MULTILINE)


def test_the_examples_of_claims_can_be_read() -> None:
    (claims,) = re.findall(r"```text\n(check: .*?)```", REFERENCE, re.DOTALL)
    assert len(spec.read_spec(Fence("a", SEEDED + claims, Span("a.md", 1))).claims) == 6


def test_the_examples_of_measures_are_answered() -> None:
    asked = [
        Measure(figure="bat", text=text, span=Span("a.md", 1))
        for text in re.findall(r"^\| `\{attention:bat ([^}]*)\}`", REFERENCE, re.MULTILINE)
    ]
    assert len(asked) == 5
    figure = drawn("check: bat -> flew >= 0%\n", asked)
    assert figure.answers["check"] == "6 of 6"
    assert all(re.fullmatch(r"\d+(\.\d)?\u00a0%|6 of 6", each) for each in figure.answers.values())


def drawn(lines: str, asked: list[Measure]) -> Figure:
    return figures.draw(Fence("bat", SEEDED + lines, Span("a.md", 1)), asked)


def test_the_limits_are_those_of_the_program() -> None:
    limits = REFERENCE.partition("## Limits")[2]
    assert dict(re.findall(r"^\| (.+) \| (.+) \|$", limits, re.MULTILINE)[2:]) == {
        "tokens of a figure": f"{values.MOST_TOKENS}, of {values.LONGEST_TOKEN} characters each",
        "heads": f"{values.MOST_HEADS}",
        "layers": f"{values.MOST_LAYERS}, {values.MOST_PANELS} heads in all of them, and layers ×"
        f" d_model² at most {values.MOST_WEIGHTS:,}: 6 at a width of 512",
        "tokens of the view `arcs`": f"{needs.MOST_JOINED}",
        "a matrix": f"{matrices.MOST_COLUMNS} × {matrices.MOST_COLUMNS}",
        "a number": f"{matrices.LARGEST_NUMBER:.0f}, plus or minus",
        "checks": f"{grammar.MOST_CLAIMS}",
        "a text for a real model": f"{learned.LONGEST_TEXT:,} characters; for weights"
        f" {most_tokens('minilm')} tokens (`minilm`) or {most_tokens('smollm2')} (`smollm2`)",
        "a figure in its page": f"{views.LARGEST // 1000} kB, compressed",
    }


def most_tokens(name: str) -> int:
    return isqrt(MOST_CELLS // (MODELS[name].layers * MODELS[name].heads))


# --- real models -----------------------------------------------------------------------------


def test_no_example_needs_a_model_or_differs_from_the_lock(blog: Built) -> None:
    """The blog was built with a reader that has none."""
    assert [each.message for each in blog.snapshot.problems if each.severity == "error"] == []
    asked = {prompt for row in blog.plan.sources.values() for prompt in row.asked}
    known = read_lock((ROOT / LOCK).read_bytes()).keys()
    marked = {prompt.text for prompt in known if prompt.quantity == "mark"}
    assert {prompt for prompt in known if prompt.quantity != "mark"} == asked
    assert marked == {blog.site.info.title, *(each.meta.title for each in blog.documents)}


def test_the_page_of_models_begins_with_a_live_example(blog: Built) -> None:
    fence, *_others = document(blog, "models").fences
    assert example("models") == f"```attention\n{fence.text}```\n"
    for figure in document(blog, "models").figures:
        assert figure.html in text_of(blog, "manual/figures/models/index.html")


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_each_model_has_a_row_with_what_the_table_knows_of_it(model: Model) -> None:
    (row,) = re.findall(rf"^\| `{model.name}` \| (.*) \|$", REAL, re.MULTILINE)
    about, size, licence = row.split(" | ")
    kind = "a causal model" if model.family == "causal" else "an encoder"
    assert about.startswith(f"{model.title}, {kind}: ")
    assert about.endswith(f"; {model.layers} layers of {model.heads} heads")
    assert (size, licence) == (f"{model.size / 1e6:.0f} MB", model.licence)


@pytest.mark.parametrize("key", ["measure", "special"])
def test_each_value_of_a_key_of_real_models_has_a_row(key: str) -> None:
    known = {"measure": learned.MEASURES, "special": get_args(learned.Special)}[key]
    table = REAL.partition(f"\n| `{key}` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == sorted(known, key=table.index)
    assert table.index(f"`{known[0]}`") < table.index("the default")


def test_the_commands_of_the_page_of_models_exist() -> None:
    commands = re.findall(r"^sitegen models (\w+)", REAL, re.MULTILINE)
    group = main.commands["models"]
    assert isinstance(group, click.Group)
    assert set(commands) == set(group.commands)


def test_the_quoted_function_is_the_one_that_draws(blog: Built) -> None:
    code = re.sub(r"<[^>]*>", "", text_of(blog, "manual/figures/index.html"))
    first = sources()["attention.core:softmax"].splitlines()[0]
    assert first.replace(">", "&gt;") in code
