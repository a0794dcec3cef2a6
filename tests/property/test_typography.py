"""Typography changes marks and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from sitegen.markup import open_context
from sitegen.markup.typography import MARKS
from sitegen.model import Settings

LANGUAGES = st.sampled_from([*MARKS, "xx"])
PLAIN = st.text(st.sampled_from("ab1 é漢\u05d0.-'\"!?(),—“\u00a0\n"), max_size=80)
SETTINGS = Settings(kind="post", kind_origin="test")

MADE = str.maketrans("", "", "“”„‘’‚«»‹›「」『』'\"–—-….\u00a0\u202f")


def typeset(text: str, language: str) -> str:
    context = open_context("content/a.md", SETTINGS, language)
    return "".join(token.content or "\n" for token in context.inline(text, 1))


def untypeset(text: str) -> str:
    context = open_context("content/a.md", SETTINGS, "xx")
    context.md.core.ruler.disable("typography")
    try:
        return "".join(token.content or "\n" for token in context.inline(text, 1))
    finally:
        context.md.core.ruler.enable("typography")


@given(PLAIN, LANGUAGES)
def test_no_other_character_is_lost_or_moved(text: str, language: str) -> None:
    assert typeset(text, language).translate(MADE) == untypeset(text).translate(MADE)


@given(PLAIN)
def test_an_unknown_language_keeps_its_quotation_marks(text: str) -> None:
    kept = [char for char in typeset(text, "xx") if char in "'\""]
    assert kept == [char for char in untypeset(text) if char in "'\""]


@given(PLAIN, LANGUAGES)
def test_what_is_typeset_is_not_changed_by_typesetting_it_again(text: str, language: str) -> None:
    """Straight marks that stayed are ones that no rule knows."""
    once = typeset(text, language)
    if not set("'\"-.") & set(once):
        assert typeset(once, language) == once


@given(PLAIN.filter(lambda text: "\\" not in text), LANGUAGES)
def test_what_is_escaped_stays_as_typed(text: str, language: str) -> None:
    escaped = "".join(f"\\{char}" if char in "'\".-" else char for char in text)
    assert typeset(escaped, language) == untypeset(escaped)
