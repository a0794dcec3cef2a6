"""The manual: a page for each view with a live example, and everything that a block may hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sitegen import figures
from sitegen.build import Built, build
from sitegen.errors import Span
from sitegen.figures import grammar, matrices, needs, spec, views
from sitegen.figures.spec import values
from sitegen.inputs import read_inputs
from sitegen.markup.quoted import sources
from sitegen.model import Document, Fence, Figure, Measure
from tests.sites import run_here

ROOT = Path(__file__).parents[1]
MANUAL = "content/manual/figures/"
REFERENCE = (ROOT / MANUAL / "index.md").read_text(encoding="utf-8")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
SEEDED = "model: toy\ntext: the bat flew home\nseed: 1\nd_model: 8\nlayers: 3\nheads: 2\n"


@pytest.fixture(scope="module")
def blog() -> Built:
    return build(read_inputs(ROOT), run_here, now=NOW, drafts=False, future=False)


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


@pytest.mark.parametrize("view", views.FIGURES)
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
    assert pages == {"index", *views.FIGURES}


def test_the_reference_and_the_front_page_lead_to_every_view(blog: Built) -> None:
    for page in ("manual/figures/index.html", "manual/index.html"):
        html = text_of(blog, page)
        assert [view for view in views.FIGURES if f'"/manual/figures/{view}/"' not in html] == []


def test_the_manual_is_in_the_navigation_and_in_no_feed(blog: Built) -> None:
    assert '<a href="/manual/">Manual</a>' in text_of(blog, "index.html")
    pages = {path for path in blog.site.pages if path.startswith("content/manual/")}
    assert len(pages) == 2 + len(views.FIGURES)
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
        "a figure in its page": f"{views.LARGEST // 1000} kB, compressed",
    }


def test_the_quoted_function_is_the_one_that_draws(blog: Built) -> None:
    code = re.sub(r"<[^>]*>", "", text_of(blog, "manual/figures/index.html"))
    first = sources()["attention.core:softmax"].splitlines()[0]
    assert first.replace(">", "&gt;") in code
