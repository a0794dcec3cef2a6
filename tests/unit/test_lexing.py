"""The joined lexers: the tokens of Pygments, for every kind of rule and in many languages."""

import re
from collections.abc import Iterator
from typing import Any

import pygments
import pytest
from pygments.lexer import (
    ExtendedRegexLexer,
    Lexer,
    RegexLexer,
    combined,
    default,
    include,
    inherit,
    this,
    words,
)
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Text, Whitespace

from sitegen.markup import lexing

Token = tuple[int, Any, str]
bygroups: Any = pygments.lexer.bygroups
using: Any = pygments.lexer.using


def tokens(lexer: type[Lexer], code: str) -> list[Token]:
    return list(lexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(code))


def same_tokens(lexer: type[Lexer], code: str) -> list[Token]:
    """The tokens, which are those of Pygments while rules are tried in turn and once joined."""
    quick = lexing.quicken(lexer)
    assert quick is not lexer, "the lexer is not quickened"
    stock = tokens(lexer, code)
    for _ in range(3):
        assert tokens(quick, code) == stock
    return stock


def lexer_of(states: dict[str, list[Any]], flags: int = re.MULTILINE) -> type[Lexer]:
    """A lexer with these states."""
    return type("Own", (RegexLexer,), {"name": "Own", "flags": flags, "tokens": states})


@pytest.fixture(autouse=True, params=[0, 20], ids=["joined at once", "joined when worth it"])
def _joined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lexing, "WORTH", request.param)
    lexing.quicken.cache_clear()
    yield
    lexing.quicken.cache_clear()


CODE = r"""
== python
from a.b import (c, d)

@dec
class A(B):
    '''doc {x}'''
    def f(self, *a: int) -> None:
        return f'{a!r:>{w}} {b["k"]}' + rb'\x00' % 0x1F
match x:
    case 1 | 2.5e-3j: print('unterminated
$ ? €
== javascript
const f = async (a) => `x ${a + `y ${b}`} z` / 2;
/re[/]x/g.test(s) ?? 0n; // c
class A extends B { #p = 1; static { } }
let s = 'open
`never ${closed
== typescript
interface A<T extends B> { readonly x?: T[]; }
enum E { A = 1 } let x = y as any;
== jsx
const a = <div className="x" {...p}>{b.map((c) => <C key={c} />)} text</div>;
== rust
fn main<'a>(x: &'a mut Vec<u8>) -> Option<i32> { /* a /* b */ c */ println!("{}", x) }
#[derive(Debug)] struct S; let r = r#"raw"#; let c = '\u{1F}'; 1_000u64..=0xFF "open
== bash
#!/bin/sh
for f in $(ls *.md); do echo "${f%.md} $((1 + 2))" | sed 's/a/b/'; done
cat <<EOF
x $y
EOF
if [[ $a == 'b' ]]; then exit 1; fi; X=1 `date` "open $(a
== sql
SELECT a.*, count(*) AS n FROM t WHERE x >= 1.5 AND y = 'it''s' -- c
/* d */ GROUP BY 1; 'open
== html
<!DOCTYPE html><p class='a' id=b>x &amp; y<!-- c --></p><script>let a = 1;</script>
<style>p { color: #fff }</style><open <b
== css
@media (min-width: 10em) { a:hover > .b#c::before { color: #f0f !important; --x: 1rem } }
== scss
$a: 1px; .b { &:hover { @include c($a); } // d
}
== xml
<?xml version='1.0'?><!DOCTYPE a><a b="c"><![CDATA[x]]><!-- y -->&z;</a>
== java
@A public class B<T> { int x = 0b1; String s = "a\n"; void f() throws E { /* c */ } }
== go
package main
import "fmt"
func f(a chan<- int) { x := `raw`; fmt.Println(x, 'a', 1i) }
== kotlin
fun f(a: Int?) = "x $a ${a + 1}" // c
val `b c` by lazy { 1L }
== scala
object A { def f[T](x: T) = s"a ${x} $y"; val z = "open; case class B(c: Int) }
== haskell
module A where
f :: Int -> [a]
f x | x > 0 = {- a {- b -} -} 'c' : "d" -- e
== perl
my ($a, @b) = @_; s/a\/b/c/gi if $x =~ m{d}; print <<"E";
x
E
=pod
y
=cut
== r
f <- function(x, ...) { x[['a']] %in% c(1L, NA, 2e5) } # c
'open
== julia
function f(x::T) where T; "a $(x + 1) $y"; end # c
r"re"i :sym α = 1
== erlang
-module(a).
f(X) when X > 0 -> {ok, <<X:8>>, "s~p", $a}. % c
== clojure
(defn f [x] {:a 1, :b "c" \d #"re" ; e
})
== ini
; c
[a b]
x = 1 ; d
== toml
a.b = "c" # d
[[e]]
f = 1979-05-27T07:32:00Z
== docker
FROM a AS b
RUN apt \
  install
ENV X=1
CMD ["a"]
== diff
--- a
+++ b
@@ -1 +1 @@
-x
+y
== tex
\section{A} $x^2 \alpha$ % c
\[ y \] & {b}
== graphql
query A($b: C! = 1) @d { e(f: "g") { ...H } } # i
== applescript
tell application "A" to set x to {1, 2} -- b
(* c *) repeat with y in z
== powershell
function A { param([int]$b) Write-Host "c $($b.d)" -e 'f' } # g
<# h #> @'
i
'@
== fortran
program a
  integer :: b = 1 ! c
  print *, 'd'
== groovy
def a = "b ${c} $d"; /* e */ class F { def g = { it -> it } }
== d
import a; void f(int[] b) { auto c = r"d" ~ q{e} ~ `g`; /+ h /+ i +/ +/ }
"""
SNIPPETS = dict(part.split("\n", 1) for part in CODE.split("\n== ")[1:])


@pytest.mark.parametrize("language", SNIPPETS)
def test_a_language_has_the_tokens_of_pygments(language: str) -> None:
    code = SNIPPETS[language]
    lexer = find_lexer_class_by_name(language)
    assert len(same_tokens(lexer, code)) > 5
    same_tokens(lexer, f"é = “{code}”")
    same_tokens(lexer, code[::-1])
    same_tokens(lexer, code[: len(code) // 2])


def test_the_first_rule_that_matches_wins_not_the_longest() -> None:
    lexer = lexer_of({"root": [("a", Name), ("ab", Keyword), ("b", String)]})
    assert same_tokens(lexer, "ab") == [(0, Name, "a"), (1, String, "b")]


def test_what_no_rule_matches_is_an_error_and_a_newline_starts_again() -> None:
    lexer = lexer_of({"root": [("a", Name), ("<", Operator, "in")], "in": [("a", String)]})
    assert same_tokens(lexer, "<a?\na") == [
        (0, Operator, "<"),
        (1, String, "a"),
        (2, Error, "?"),
        (3, Whitespace, "\n"),
        (4, Name, "a"),
    ]


def test_states_are_pushed_and_popped_as_the_rules_say() -> None:
    lexer = lexer_of(
        {
            "root": [
                ("a", Name, "one"),
                ("b", Name, ("one", "two")),
                ("c", Name, combined("one", "two")),
                ("#", Error, "#pop"),
                ("z", Name, ("#pop", "one")),
            ],
            "one": [
                ("1", Number),
                ("p", Text, "#push"),
                ("o", Text, "#pop"),
                ("r", Text, "#pop:2"),
            ],
            "two": [("2", String), ("t", Text, ("#pop", "#push", "one")), default("#pop")],
        }
    )
    for code in (
        "a1pp1ooo#a",
        "b22t1o1oo1",
        "c12p1o2ro",
        "bo2",
        "apr1o",
        "apppr#",
        "c2pc",
        "##a#",
        "z1oz",
    ):
        same_tokens(lexer, code)


def test_an_empty_match_and_a_default_change_the_state_and_give_no_token() -> None:
    lexer = lexer_of(
        {
            "root": [("=", Operator, "value"), (r"\w", Name)],
            "value": [(r"(?=x)", Text, "x"), (r"\d", Number), default("#pop")],
            "x": [("x", Keyword, "#pop:2"), default("#pop")],
        }
    )
    assert same_tokens(lexer, "=1x=a=")[2:4] == [(2, Text, ""), (2, Keyword, "x")]


def test_callbacks_see_the_groups_of_their_own_rule() -> None:
    other = lexer_of({"root": [(r"\d", Number), (r".", Comment)]})

    def reversed_groups(_lexer: Lexer, match: re.Match[str], _ctx: object = None) -> Iterator[Any]:
        yield match.start("b"), String, match["b"]
        yield match.start(), Name, match[1]

    lexer = lexer_of(
        {
            "root": [
                (r"(a)(\s*)(=)?", bygroups(Keyword, None, Operator)),
                (r"(<)(.*?)(>)", bygroups(Operator, using(this, state="in"), Operator)),
                (r"(\[)(.*?)(\])", bygroups(Operator, using(other), Operator)),
                (r"(?P<a>x)(?P<b>y)", reversed_groups),
            ],
            "in": [(r"a", String), (r"(b)(c)", bygroups(Name, Number))],
        }
    )
    assert same_tokens(lexer, "a  =<abc>[1a]xya")[-3:] == [
        (14, String, "y"),
        (13, Name, "x"),
        (15, Keyword, "a"),
    ]


def test_references_count_within_their_own_rule() -> None:
    lexer = lexer_of(
        {
            "root": [
                (r"(a)(b)?", Name),
                (r"(['\"])(\\.|[^\\])*?\1", String),
                (r"(?P<mark>\$)(?:x|(y))\1", Keyword),
                (r"\101", Number),
                (r"<<(\w)(\w)[^\n]*?\2\1", Comment),
                (r"[\1-\3]", Operator),
            ]
        }
    )
    assert same_tokens(lexer, "ab'x\"'\"'\"$y$A<<pq..qp\x02a") == [
        (0, Name, "ab"),
        (2, String, "'x\"'"),
        (6, String, '"\'"'),
        (9, Keyword, "$y$"),
        (12, Number, "A"),
        (13, Comment, "<<pq..qp"),
        (21, Operator, "\x02"),
        (22, Name, "a"),
    ]


def test_flags_hold_for_their_own_rule_alone() -> None:
    lexer = lexer_of(
        {
            "root": [
                (r"(?i)ab", Keyword),
                ("(?x) c  # (a comment [ with marks\n d", Name),
                (r"(?m)^e$", String),
                (r"(?i)(?x) f # last", Number),
                (r"a.", Comment),
                (r"^f", Error),
            ],
        },
        re.DOTALL,
    )
    assert same_tokens(lexer, "ae\nAb\naBcdC\nF\ne") == [
        (0, Comment, "ae"),
        (2, Whitespace, "\n"),
        (3, Keyword, "Ab"),
        (5, Whitespace, "\n"),
        (6, Keyword, "aB"),
        (8, Name, "cd"),
        (10, Error, "C"),
        (11, Whitespace, "\n"),
        (12, Number, "F"),
        (13, Whitespace, "\n"),
        (14, String, "e"),
    ]


def test_a_whole_lexer_may_be_verbose() -> None:
    lexer = lexer_of({"root": [(r"a b # c", Name), (r"( d ) # e", Keyword)]}, re.VERBOSE)
    assert same_tokens(lexer, "abd") == [(0, Name, "ab"), (2, Keyword, "d")]


def test_a_rule_looks_behind_the_place_where_it_starts() -> None:
    lexer = lexer_of(
        {"root": [(r"(?<=a)b", Keyword), (r"\Aa", String), (r"^.", Name), (r".", Text)]}
    )
    assert [kind for _, kind, _ in same_tokens(lexer, "abba\na")] == [
        *(String, Keyword, Text, Text),
        *(Whitespace, Name),
    ]


def test_inherited_rules_and_words_are_read_as_pygments_reads_them() -> None:
    parent = lexer_of({"root": [include("more"), (r"\w+", Name)], "more": [(r"\d+", Number)]})
    own = {"root": [(words(("if", "in[", "i"), suffix=r"\b"), Keyword), inherit]}
    child = type("Child", (parent,), {"tokens": own})
    assert [kind for _, kind, _ in same_tokens(child, "if1i2")] == [Name]
    assert [text for _, _, text in same_tokens(child, "if")] == ["if"]
    assert same_tokens(parent, "12x") == [(0, Number, "12"), (2, Name, "x")]


LETTERS = "".join(map(chr, range(0xC0, 0x250)))


@pytest.mark.parametrize(
    "rule",
    [
        f"[a-c{LETTERS}]+",
        f"[^a-c{LETTERS}]+",
        f"[{LETTERS}^a]+",
        f"[a{LETTERS}-]+",
        f"[{LETTERS}]+",
        f"[]{LETTERS}\\-]+",
        f"(?i)[0{LETTERS}\u212a]+",
        f"[a{'é' * 70}-ü-z]+",
        f"[+-éa{LETTERS}]+",
    ],
)
def test_a_set_of_all_letters_means_the_same_in_ascii(rule: str) -> None:
    lexer = lexer_of({"root": [(rule, Name), (".", Text)]})
    for code in ("abc^]-\\kz+,", "aéü-k"):
        same_tokens(lexer, "".join(map(chr, range(32, 127))) + code)


def own_loop(_self: Lexer, text: str, _stack: Any = ("root",)) -> Iterator[Token]:
    yield 0, Text, text


@pytest.mark.parametrize(
    "lexer",
    [
        type("Plain", (Lexer,), {}),
        type("Own", (RegexLexer,), {"get_tokens_unprocessed": own_loop, "tokens": {"root": []}}),
        type("Extended", (ExtendedRegexLexer,), {"tokens": {"root": []}}),
        type("Variants", (RegexLexer,), {"token_variants": True, "tokens": {"a": {"root": []}}}),
        lexer_of({"root": [(r"(?P<a>x)(?P=a)", Name)]}),
        lexer_of({"root": [(r"(a)?(?(1)b|c)", Name)]}),
        lexer_of({"root": [(r"(?x)(a) \1", Name)]}),
    ],
)
def test_a_lexer_that_is_more_than_such_rules_stays_as_it_is(lexer: type[Lexer]) -> None:
    assert lexing.quicken(lexer) is lexer


@pytest.mark.parametrize("version", ["2.18.0", "2.22.0", "3.0"])
def test_lexers_stay_as_they_are_in_a_version_that_was_not_compared(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pygments, "__version__", version)
    lexer = find_lexer_class_by_name("python")
    assert lexing.quicken(lexer) is lexer


def test_the_class_of_pygments_is_not_touched() -> None:
    lexer: Any = find_lexer_class_by_name("ini")
    before = dict(vars(lexer))
    same_tokens(lexer, "[a]\n")
    assert lexer.get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
    assert set(vars(lexer)) - set(before) <= {"_tokens", "_all_tokens", "_tmpname"}


def test_only_the_states_that_are_reached_are_compiled() -> None:
    lexer = lexer_of({"root": [("a", Name), ("b", Name, "in")], "in": [("(", Error)]})
    quick = lexing.quicken(lexer)
    assert tokens(quick, "aaa") == [(i, Name, "a") for i in range(3)]
    with pytest.raises(re.error):
        tokens(quick, "ab(")


def test_rules_are_tried_in_turn_only_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = lexing.quicken(lexer_of({"root": [("a", Name), ("bcd", Keyword)]}))
    code = "abcd" * 40
    before = tokens(quick, code)
    monkeypatch.delattr(lexing, "_Found")
    assert tokens(quick, code) == before
