"""Whatever code is made of: the joined lexers give the tokens of Pygments."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_by_name

from sitegen.markup import lexing

FRAGMENTS = {
    "python": "def class f'{x!r:>{w}}' rb\"\\x00\" ''' \"\"\" @a # 1_0.5e3j match x: lambda \\\n",
    "javascript": "const `a ${b}` /re[/]/g // /* */ ?? => async 0x1Fn 'a\\' \"b #c <!-- \\u0041",
    "rust": 'fn \'a \'b\' r#"x"# /* */ // #![x] 1u8 0b1 ..= :: -> println! b"\\" \\u{1F} let',
    "bash": "$(a) ${b%c} $((1+2)) <<E E << 'x' \"y $z `w` if [[ ]] | && ; x= \\ # $'q'",
    "sql": "SELECT 'it''s' \"x\" -- /* */ 1.5e3 count( @v ; [a] `b` NULL",
    "html": "<p a='b' c=\"d\"> </p> <!-- --> &amp; <script> </script> <style> </style> <!a <?b <",
    "css": "@media a:hover .b #c::d { } color: #fff !important 1px /* */ ( ) url( ; , --x: 'y",
    "java": '@A class int 0x1F "a\\n" \'b\' /* */ // """ } { import a.b.*; -> :: é',
    "go": "func `raw` \"s\\n\" 'r' chan<- := 0x1p-2 1i /* */ // import ( ) map[",
    "haskell": "{- -} -- 'c' \"s\\ \" :: -> => `a` module import qualified (a) where 0x1 \\ x' [|",
    "scala": 's"a ${x} $y" """ /* */ // case class def [T] \'a \'b\' 1L `q` => <- @x {',
    "erlang": "-module(a). f(X) -> <<X:8>> $a \"s~p\" % 'A' #{} ?M 16#1F fun/1 when .",
}
ODD = ["\n", "\n\n", " ", "\t", '"', "'", "{", "}", "(", ")", "\\", "\x00", "\x1c", "é", "ſ", "漢"]


def fragments_of(language: str) -> list[str]:
    """The words of a language, and its marks one by one and as they stand together."""
    typed = FRAGMENTS[language]
    return [*typed.split(" "), *re.findall(r"\w+|[^\w\s]", typed), *ODD]


LANGUAGES: dict[str, tuple[type[Lexer], type[Lexer]]] = {}
for name in FRAGMENTS:
    stock = find_lexer_class_by_name(name)
    LANGUAGES[name] = stock, lexing.quicken(stock)


@pytest.fixture(scope="module", autouse=True)
def _early() -> Iterator[None]:
    """Join a state when it is first seen: its rules are tried in turn only there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexing, "WORTH", 0)
        yield


@pytest.mark.parametrize("language", FRAGMENTS)
@given(st.data())
def test_any_code_has_the_tokens_of_pygments(language: str, data: st.DataObject) -> None:
    code = "".join(data.draw(st.lists(st.sampled_from(fragments_of(language)), max_size=30)))
    stock, quick = LANGUAGES[language]
    assert stock is not quick
    expected = list(stock().get_tokens_unprocessed(code))
    assert list(quick().get_tokens_unprocessed(code)) == expected
    assert list(quick().get_tokens_unprocessed(code)) == expected
