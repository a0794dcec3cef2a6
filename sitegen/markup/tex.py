r"""From TeX to MathML, or to a mistake at the command that is wrong.

Comes in: a token of `math` and the context of the parse. Goes out: a `MathSlot`. TeX that many
writers use and `math-core` does not know is put in its words first (`split`, `\\[4pt]`, `\tag` in
a bare formula).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from html import escape

from markdown_it.token import Token
from math_core import LatexError, LatexToMathML

from sitegen.errors import MarkupError, Span
from sitegen.markup.context import Context
from sitegen.markup.mathml import for_pages
from sitegen.model import MathSlot

COSTLY = re.compile(r"\\[A-Za-z]+|[{^_(\[]")
MOST = 2_000
"""The converter recurses into each of these; some 5,000 inside one another end the process."""
DEFINES = re.compile(r"\\(?:def|let|(?:re)?newcommand|providecommand)\b")
FEW = 30
"""The most of them in a formula that defines commands, which can multiply them."""

MACROS = {
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "smash": "#1",
    "argmax": r"\operatorname*{argmax}",
    "argmin": r"\operatorname*{argmin}",
    "softmax": r"\operatorname{softmax}",
}
"""Commands that a writer may expect; a macro of the site with the same name wins."""


def render_math(token: Token, context: Context) -> MathSlot:
    """The formula of a `math_inline` or `math_block` token; a mistake in it is noted."""
    tex, display = token.meta["tex"], token.meta["display"]
    mistake = _refusal(token, tex)
    if mistake is None:
        adapted = _adapt(tex, display=display)
        try:
            converter = _converter(token, context)
            mathml = converter.convert_with_global_state(adapted, displaystyle=display)
            return MathSlot(mathml=for_pages(mathml), tex=tex.strip(), display=display)
        except LatexError as error:
            at, message = _read(str(error))
            if adapted != tex:  # the same word of the typed formula
                at = max(0, tex.find(_word(adapted, at)))
            mistake = (at, message, _hint(message, token))
    at, message, hint = mistake
    context.error(MarkupError, message, _span(token, at, context), hint)
    block = ' display="block"' if display else ""
    shown = f"<math{block}><merror><mtext>{escape(tex.strip())}</mtext></merror></math>"
    return MathSlot(mathml=shown, tex=tex.strip(), display=display)


def _refusal(token: Token, tex: str) -> tuple[int, str, str] | None:
    """Why a formula is not converted at all."""
    if not token.meta.get("closed", True):
        message = f"the formula that begins here is never closed with {CLOSE[token.markup]}"
        return -len(token.markup), message, "a formula ends before the next blank line"
    defines = DEFINES.search(tex) is not None
    most = FEW if defines else MOST
    if len(COSTLY.findall(tex)) > most or (defines and "#" in tex):
        what = "that defines commands " if defines else ""
        message = f"a formula {what}may have at most {most} commands and brackets"
        if defines and "#" in tex:
            message = "a formula may not define commands that have arguments"
        hint = "define commands in [markup.macros] of site.toml" if defines else "cut it in two"
        return 0, message, hint
    return None


CLOSE = {"$$": "$$", r"\[": r"\]"}


def _converter(token: Token, context: Context) -> LatexToMathML:
    """The converter of this document: the numbers of equations run on in it."""
    known: LatexToMathML | None = context.env.get("math_converter")
    if known is not None:
        return known
    macros = MACROS | dict(context.settings.macros)
    try:
        converter = _make(macros)
    except LatexError as error:
        number = re.match(r"macro(\d+):", str(error))
        name = [*macros][int(number[1])] if number else ""
        message = f'the macro "{name}" of site.toml is wrong: {_read(str(error))[1]}'
        context.error(MarkupError, message, _span(token, 0, context), MACRO_HINT)
        converter = _make(MACROS)
    context.env["math_converter"] = converter
    return converter


MACRO_HINT = r"""a macro is a name of letters and its TeX: R = '\mathbb{R}'"""


def _make(macros: Mapping[str, str]) -> LatexToMathML:
    return LatexToMathML(
        macros=dict(macros),
        fancy_error=False,
        allow_unreliable_rendering=True,  # a tilde that is too short is better than no page
        id_prefix="math.",
    )


# --- the words of other TeXs ---------------------------------------------------------------------

FOREIGN = re.compile(
    r"(?P<row>\\\\)\s*\[-?[\d.]+\s*(?:em|ex|pt|px|mu|cm|mm|in)\]"
    r"|\\(?P<edge>begin|end)\{(?P<name>split|smallmatrix)\}"
)
SAME = {"split": "aligned", "smallmatrix": "matrix"}
TAGGED = re.compile(r"\\(?:tag|label)\b")
NUMBERED = re.compile(r"\\begin\{(?:equation|align|gather|multline)\*?\}")


def _adapt(tex: str, *, display: bool) -> str:
    text = FOREIGN.sub(_translated, tex)
    if display and TAGGED.search(tex) and not NUMBERED.search(tex):
        return rf"\begin{{equation}}{text}\end{{equation}}"
    return text


def _translated(match: re.Match[str]) -> str:
    if match["row"]:  # there is no way to say it: a row is as high as it is
        return match["row"]
    return rf"\{match['edge']}{{{SAME[match['name']]}}}"


# --- mistakes ------------------------------------------------------------------------------------


def _read(error: str) -> tuple[int, str]:
    r"""The offset and the message of `macro0:12: Unknown command "\\foo".`."""
    match = re.fullmatch(r"(?:macro\d+:)?(\d+): (.*?)\.?", error, re.DOTALL)
    if match is None:
        return 0, error
    return int(match[1]), f"in a formula: {match[2][0].lower()}{match[2][1:]}"


def _span(token: Token, offset: int, context: Context) -> Span:
    """The place of a command of the TeX, which may have several lines."""
    tex, begin = token.meta["tex"], token.meta["span"]
    if offset < 0:
        return context.span(begin.line, begin.column + offset, -offset)
    offset = min(offset, len(tex.rstrip()))
    row, column = tex.count("\n", 0, offset), begin.column
    if row:
        column = context.find(begin.line + row, tex.split("\n")[row]).column
    column += offset - tex.rfind("\n", 0, offset) - 1
    return context.span(begin.line + row, column, max(1, len(_word(tex, offset))))


WORD = re.compile(r"\\(?:begin|end)?(?:[A-Za-z]+|.)?|\{\w+\*?\}|.?")


def _word(tex: str, offset: int) -> str:
    word = WORD.match(tex, offset)
    return word[0] if word else ""


COMMANDS = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma "
    "tau phi varphi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega frac dfrac tfrac "
    "binom sqrt sum prod int lim max min sup inf log exp ln det operatorname mathbb mathbf mathcal "
    "mathrm mathfrak boldsymbol text left right cdot times leq geq neq approx equiv sim propto in "
    "notin subset cup cap forall exists partial nabla infty top ldots cdots vdots ddots quad qquad "
    "hat bar tilde vec dot overline underline underbrace overbrace rightarrow leftarrow mapsto to "
    "Rightarrow iff implies langle rangle lfloor rfloor lceil rceil mid perp argmax argmin softmax"
)
ENVIRONMENTS = (
    "aligned align array bmatrix Bmatrix cases dcases equation gather gathered matrix "
    "multline pmatrix split vmatrix Vmatrix"
)


def _hint(message: str, token: Token) -> str:
    """What to do about a mistake that the converter found."""
    named = re.search(r'unknown (command|environment) "\\?(\w+)', message)
    if named:
        known = COMMANDS if named[1] == "command" else ENVIRONMENTS
        near = get_close_matches(named[2], known.split(), n=1, cutoff=0.7)
        mark = "\\" if named[1] == "command" else ""
        if near:
            return f'did you mean "{mark}{near[0]}"?'
        if mark:
            return "commands of your own are defined in [markup.macros] of site.toml"
    if "math mode within text mode" in message:
        return r"end the text before it: \text{if } x \text{ then}"
    if token.markup == "$":
        return r"if this is not a formula, write \$ for the dollar sign"
    return f"the formula ends at the first {CLOSE.get(token.markup, token.markup)}"
