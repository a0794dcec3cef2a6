"""Formulas: what is one, what it becomes, and where its mistakes are."""

import time

import pytest

from sitegen.errors import Problem
from sitegen.markup import open_context
from sitegen.markup.mathml import for_pages
from sitegen.model import Body, MathSlot, Settings


def read(
    text: str, macros: dict[str, str] | None = None, *, math: bool = True
) -> tuple[Body, list[Problem]]:
    settings = Settings(kind="post", kind_origin="test", macros=macros or {})
    context = open_context("content/a.md", settings, "en", text.split("\n"))
    context.env["math"] = math
    return context.block(text, 1), context.problems


def formulas(text: str, **macros: str) -> list[MathSlot]:
    body, problems = read(text, macros)
    assert problems == []
    return [chunk for chunk in body if isinstance(chunk, MathSlot)]


def tex(text: str) -> list[tuple[str, bool]]:
    return [(formula.tex, formula.display) for formula in formulas(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$x$", [("x", False)]),
        (r"\(x\)", [("x", False)]),
        ("a $x$-axis, ($y$).", [("x", False), ("y", False)]),
        ("$$x$$", [("x", True)]),
        (r"\[x\]", [("x", True)]),
        ("\\[ f(x)\n+ 1 \\]", [("f(x)\n+ 1", True)]),
        ("text\n\\[\nx\n\\]\ntext", [("x", True)]),
        ("- \\[a = b\\]\n- c", [("a = b", True)]),
        ("$`x`$", [("x", False)]),
        ("$$\nx\n= y\n$$", [("x\n= y", True)]),
        ("> $$\n> x\n> $$", [("x", True)]),
        ("text\n$$\nx\n$$\ntext", [("x", True)]),
        ("text $$x$$ text", [("x", True)]),
        (r"$a\$b$", [(r"a\$b", False)]),
        (r"$a\_b * c$ and $d*e$", [(r"a\_b * c", False), ("d*e", False)]),
        ("[$x$](a.md) *$y$* **$$z$$**", [("x", False), ("y", False), ("z", True)]),
        ("# A $x$ and $$y$$", [("x", False), ("y", True)]),
        ("| a |\n| - |\n| $x$ |", [("x", False)]),
    ],
)
def test_a_formula_is_found_wherever_it_stands(text: str, expected: list[tuple[str, bool]]) -> None:
    assert tex(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "costs $5 and $6",
        "$20k/$30k",
        "US$ and A$",
        "$ x$ and $x $",
        r"\$x\$",
        "`$x$`",
        "    $x$",
        "```\n$$\nx\n$$\n```",
        "$x",
        "$$x",
        r"\(x",
        "<a title='$x$'>",
        "$$ $$",
        "$x\n\ny$",
        "$PATH or `$x$`",
    ],
)
def test_money_code_and_lone_dollars_are_no_formulas(text: str) -> None:
    assert tex(text) == []


@pytest.mark.parametrize(
    "text",
    [
        r"He said \[sic\] it, \[1\] and \[…\].",
        r"\[…\]",
        r"\[An editor's note.\]",
        "\\[1\\] See \\[x = y\\]",
        "a\n\\[x = y\\]\nb",
        r"in a sentence \[x = y\]",
    ],
)
def test_escaped_brackets_in_a_text_are_brackets(text: str) -> None:
    body, problems = read(text)
    assert "".join(map(str, body)).count("[") == text.count("[")
    assert problems == []


def test_a_displayed_formula_is_a_region_with_a_name() -> None:
    body, _ = read("a\n\n$$x$$\n\n$$y$$")
    assert str(body[0]).endswith(
        '<div class="math" tabindex="0" role="region" aria-label="Formula 1">'
    )
    assert str(body[2]).startswith("</div>\n")
    assert 'aria-label="Formula 2"' in str(body[2])


def test_nothing_is_a_formula_where_the_front_matter_says_so() -> None:
    body, problems = read("$x$ and\n\n$$\ny\n$$\n", math=False)
    assert "".join(map(str, body)) == "<p>$x$ and</p>\n<p>$$\ny\n$$</p>\n"
    assert problems == []


def test_a_displayed_formula_in_a_sentence_leaves_the_paragraph_whole() -> None:
    body, _ = read("We have $$x$$ and\nso on.")
    before, formula, after = body
    assert (before, after) == ("<p>We have ", " and\nso on.</p>\n")
    assert isinstance(formula, MathSlot)
    assert formula.mathml == '<math display="block"><mi>x</mi></math>'


@pytest.mark.parametrize(
    "source",
    [
        r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V",
        r"\begin{aligned}a&=b\\[4pt]c&=d\end{aligned}",
        r"\begin{split}a&=b\\c&=d\end{split}",
        r"\begin{cases}1&x>0\\0&\text{otherwise}\end{cases}",
        r"\operatorname*{argmax}_{x\in\mathcal{X}} f(x)",
        r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
        r"\mathbf{x}\in\mathbb{R}^{n\times d}",
        r"\sum_{\substack{i<n\\j<m}} \widetilde{x}\!\vec{y}",
        r"E=mc^2 \tag{1}",
        r"\begin{array}{|l|c|}\hline a&b\\\hdashline c&d\end{array}",
    ],
)
def test_mathml_has_no_styles_and_no_named_characters(source: str) -> None:
    (formula,) = formulas(f"$$\n{source}\n$$")
    assert formula.mathml.startswith('<math display="block">')
    assert " style=" not in formula.mathml
    assert "Function;" not in formula.mathml
    assert formula.tex == source


def test_columns_are_aligned_by_classes() -> None:
    (formula,) = formulas(r"$$\begin{aligned}a&=b\end{aligned}$$")
    assert '<mtd class="align-right flush-right"><mi>a</mi></mtd>' in formula.mathml


def test_a_level_stands_on_a_style_element_as_the_checker_wants() -> None:
    mathml = '<math><mfrac displaystyle="true"><mn>1</mn><mn>2</mn></mfrac></math>'
    assert for_pages(mathml) == (
        '<math><mstyle displaystyle="true"><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle></math>'
    )


def test_colour_is_an_attribute_and_a_negative_space_a_class() -> None:
    (formula,) = formulas(r"$\color{red}x\!y$")
    assert 'mathcolor="#FF0000"' in formula.mathml
    assert '<mspace class="back-3"/>' in formula.mathml


def test_rows_keep_no_typed_distance_as_text() -> None:
    (formula,) = formulas(r"$$\begin{aligned}a\\[1em]b\end{aligned}$$")
    assert "em" not in formula.mathml.replace("</mi>", "")


def test_equations_are_numbered_through_one_document() -> None:
    text = (
        "$$\\begin{equation}a\\label{x}\\end{equation}$$\n\n$$\\begin{equation}b\\end{equation}$$"
    )
    first, second = formulas(text)
    assert "(1)" in first.mathml
    assert 'id="math.x"' in first.mathml
    assert "(2)" in second.mathml
    assert "(1)" in formulas(text)[0].mathml


def test_macros_of_the_site_are_known_and_win() -> None:
    (formula,) = formulas(r"$\R\argmax$", R=r"\mathbb{R}", argmax="y")
    assert formula.mathml == "<math><mi>ℝ</mi><mi>y</mi></math>"


@pytest.mark.parametrize(
    ("text", "line", "column", "length"),
    [
        (r"see $a + \foo b$", 1, 10, 4),
        ("one\ntwo $x$ and $y\nz \\foo$", 3, 3, 4),
        ("one\n\n$$\na\n  \\foo b\n$$", 5, 3, 4),
        ("- > $$\n  > a &\n  > $$", 2, 7, 1),
        ("> * text $\\foo$", 1, 11, 4),
        ("$$\n\\begin{split}\na \\foo\n\\end{split} \\tag{1}\n$$", 3, 3, 4),
        ("$\\begin{foo}x\\end{foo}$", 1, 8, 5),
    ],
)
def test_a_mistake_is_shown_at_its_command(text: str, line: int, column: int, length: int) -> None:
    _, (problem,) = read(text)
    span = problem.span
    assert span is not None
    assert (span.line, span.column, span.length) == (line, column, length)
    assert problem.severity == "error"


def test_the_hint_knows_the_command_that_was_meant() -> None:
    _, (problem,) = read(r"$\alhpa$")
    assert problem.message == r'in a formula: unknown command "\alhpa"'
    assert problem.hint == r'did you mean "\alpha"?'


def test_a_dollar_that_is_none_of_a_formula_gets_the_hint_to_escape_it() -> None:
    _, (problem,) = read("between $a & b$")
    assert problem.hint is not None
    assert r"\$" in problem.hint


def test_a_formula_that_is_never_closed_is_shown_where_it_begins() -> None:
    body, (problem,) = read("text\n\n$$\nx\n\nmore")
    assert problem.message == "the formula that begins here is never closed with $$"
    assert problem.span is not None
    assert (problem.span.line, problem.span.column) == (3, 1)
    assert str(body[-1]).endswith("<p>more</p>\n")


def test_a_wrong_macro_is_reported_once_and_the_formulas_still_stand() -> None:
    body, problems = read("$x$ $y$", {"Bad": r"\nonsense"})
    assert ['the macro "Bad" of site.toml is wrong' in p.message for p in problems] == [True]
    assert [c.mathml for c in body if isinstance(c, MathSlot)] == [
        "<math><mi>x</mi></math>",
        "<math><mi>y</mi></math>",
    ]


@pytest.mark.parametrize("opening", ["{", "(", "[", r"\sqrt", r"\frac{", r"\left(", "x^{"])
def test_a_formula_too_deep_for_the_converter_is_a_mistake_and_no_crash(opening: str) -> None:
    _, (problem,) = read(f"${opening * 20_000}$")
    assert problem.message == "a formula may have at most 2000 commands and brackets"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (r"\def\a{\a\a}\a", "too many expansions"),
        (r"\def\a#1{#1#1}" + r"\a{" * 40 + r"\sqrt x" + "}" * 40, "that have arguments"),
        (r"\def\a{" + r"\sqrt" * 40 + r"}\a\a", "at most 30 commands"),
    ],
)
def test_commands_that_multiply_others_are_a_mistake_and_no_crash(
    source: str, message: str
) -> None:
    _, (problem,) = read(f"${source}$")
    assert message in problem.message


def test_a_formula_may_define_a_command_for_itself() -> None:
    (formula,) = formulas(r"$\newcommand{\Tok}{\mathbb{R}} \Tok$")
    assert formula.mathml == "<math><mi>ℝ</mi></math>"


@pytest.mark.parametrize(
    "text",
    [
        "$" * 20_000,
        "$a " * 20_000,
        r"\(" * 20_000,
        "\\[a\n" * 5_000,
        "$$a\n" * 5_000,
        "$x$ " * 5_000,
    ],
)
def test_many_dollars_cost_linear_time(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 4
