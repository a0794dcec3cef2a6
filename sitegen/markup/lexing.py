"""The lexers of Pygments with the same tokens in a quarter of the time.

A lexer of Pygments is a set of states, and a state a list of rules. At each place of the code the
rules of the state are tried in turn, each by a step of Python. Here the rules of a state are one
expression, `(?:rule)(?P<r0>)|(?:rule)(?P<r1>)|…`, and the last group of the match names the rule.
Comes in: the class of a lexer. Goes out: a subclass that works in this way, or the class itself
where its tokens could differ. The room knows nothing of this program, and much of `RegexLexer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property, partial
from itertools import count
from typing import Any, cast

import pygments
from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer, RegexLexerMeta
from pygments.token import Error, Whitespace, _TokenType
from pygments.util import Future

VERSIONS = ((2, 19), (2, 21))
"""The first and the last version whose lexers were compared, token by token."""

WORTH = 20
"""The tokens of a state, for each character of its middling rule, after which joining it pays.

To compile a character takes some 2 µs; to pass a rule takes some 0.05 µs less in a joined state.
"""

Match = Callable[[str, int], Any]
Row = tuple[_TokenType | None, Any, Any, Any]
"""What a rule gives: its kind of token or its callback, its own expression, the change of state."""
Token = tuple[int, _TokenType, str]


@cache
def quicken(lexer: type[Lexer]) -> type[Lexer]:
    """A subclass of `lexer` with the same tokens in less time; `lexer` where there is none."""
    version = tuple(int(part) for part in pygments.__version__.split(".")[:2])
    if not (VERSIONS[0] <= version <= VERSIONS[1] and _is_plain(lexer)):
        return lexer
    own = {"get_tokens_unprocessed": _tokens}
    quick: Any = _Joining(lexer.__name__, (lexer,), own)  # type: ignore[no-untyped-call]
    quick.joined = tuple(_States(quick, ascii_only=ascii_only) for ascii_only in (False, True))
    try:
        quick()
    except ValueError:  # one of its rules cannot stand beside others
        return lexer
    return cast("type[Lexer]", quick)


def _is_plain(lexer: type[Lexer]) -> bool:
    """Whether the lexer is rules, and nothing but rules."""
    return (
        type(lexer) is RegexLexerMeta
        and issubclass(lexer, RegexLexer)
        and not issubclass(lexer, ExtendedRegexLexer)
        and lexer.get_tokens_unprocessed is RegexLexer.get_tokens_unprocessed
        and not getattr(lexer, "token_variants", False)
    )


def _tokens(self: Any, text: str, stack: Iterable[str] = ("root",)) -> Iterator[Token]:
    """`RegexLexer.get_tokens_unprocessed`, with one match for each token."""
    states: _States = self.joined[text.isascii()]
    stack = list(stack)
    tokens: list[Token] = []
    match, rows = states[stack[-1]]
    pos = 0
    while True:
        if (found := match(text, pos)) is not None:
            kind, callback, rule, change = rows[found.lastindex]
            end = found.end()
            if kind is not None:
                tokens.append((pos, kind, text[pos:end]))
            elif callback is not None:
                tokens.extend(callback(self, rule.match(text, pos)))
            pos = end
            if change is None:
                continue
            if type(change) is tuple:
                stack += change
            elif type(change) is int:
                del stack[max(1, len(stack) + change) :]
            else:
                _move(stack, change)
        elif pos == len(text):
            return iter(tokens)
        else:
            if text[pos] == "\n":
                stack = ["root"]
                tokens.append((pos, Whitespace, "\n"))
            else:
                tokens.append((pos, Error, text[pos]))
            pos += 1
        match, rows = states[stack[-1]]


def _move(stack: list[str], change: Iterable[str]) -> None:
    """Go through several states, `#pop` and `#push` among them."""
    for name in change:
        if name == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if name == "#push" else name)


class _States(dict[str, tuple[Match, list[Row]]]):
    """The states of a lexer that were reached: how each is matched, and what its rules give."""

    def __init__(self, lexer: type[Any], *, ascii_only: bool) -> None:
        super().__init__()
        self.lexer, self.ascii_only = lexer, ascii_only

    def __missing__(self, name: str) -> tuple[Match, list[Row]]:
        rules = self.lexer._tokens[name]  # noqa: SLF001 - what this room is about
        rows = [_row(*rule, ascii_only=self.ascii_only) for rule in rules]
        self[name] = _Apart(rows, partial(self.join, name, rows)).match, rows
        return self[name]

    def join(self, name: str, rows: list[Row]) -> None:
        """Let the rules of a state be one expression from now on."""
        sources = [_beside(rule, f"r{i}") for i, (_, _, rule, _) in enumerate(rows)]
        pattern = re.compile("|".join(sources), int(self.lexer.flags))
        placed: list[Any] = [None] * (pattern.groups + 1)
        for i, row in enumerate(rows):
            placed[pattern.groupindex[f"r{i}"]] = row
        self[name] = pattern.match, placed


def _row(rule: Any, action: Any, change: Any, *, ascii_only: bool) -> Row:
    if change == "#push" or (isinstance(change, tuple) and {"#pop", "#push"} & {*change}):
        change = [change] if change == "#push" else [*change]
    rule = rule if isinstance(rule, _Rule) else _Rule("", 0)  # `default` is nothing at all
    rule = rule.in_ascii if ascii_only else rule
    if type(action) is _TokenType:
        return action, None, rule, change
    return None, action, rule, change


class _Apart:
    """The rules of a state tried in turn, until it has been seen so often that joining pays."""

    def __init__(self, rows: list[Row], join: Callable[[], None]) -> None:
        rules = [row[2] for row in rows]
        self.matches = [rule.match for rule in rules]
        self.join = join
        self.left = 1 + WORTH * sum(len(rule.source) for rule in rules) // (len(rules) or 1)

    def match(self, text: str, pos: int) -> _Found | None:
        self.left -= 1
        if self.left == 0:
            self.join()
        for number, match in enumerate(self.matches):
            if (found := match(text, pos)) is not None:
                return _Found(number, found.end())
        return None


class _Found:
    """As much of a match as the loop reads."""

    __slots__ = ("_end", "lastindex")

    def __init__(self, lastindex: int, end: int) -> None:
        self.lastindex, self._end = lastindex, end

    def end(self) -> int:
        return self._end


# --- rules ---------------------------------------------------------------------------------------

PART = re.compile(
    r"\\(?:[0-7]{3}|(?P<reference>[1-9]\d?)|.)"
    r"|\[(?P<set>\^?\]?[^\]\\]*+(?:\\.[^\]\\]*+)*+\])"
    r"|\((?P<group>(?!\?)|\?P<\w+>)",
    re.DOTALL,
)
"""The parts of an expression that matter here, and those that may only look like them."""
FLAGS = re.compile(r"(?:\(\?[aiLmsux]+\))*")
LONG = 64
"""Characters of a set; one as long as this lists the letters of all scripts."""
ITEM = re.compile(r"(?:\\.|[^\\])(?:-(?:\\.|[^\\]))?", re.DOTALL)


class _Rule:
    """The expression of a rule, compiled only when it has to match by itself."""

    def __init__(self, source: str, flags: int) -> None:
        prefix = FLAGS.match(source)
        self.source, self.flags = source, flags
        self.prefix = prefix[0] if prefix else ""
        self.verbose = bool(flags & re.VERBOSE) or "x" in self.prefix
        self.refers = re.search(r"\\[1-9]", source) is not None
        if "(?(" in source or "(?P=" in source or (self.refers and self.verbose):
            raise ValueError(source)

    @cached_property
    def match(self) -> Match:
        return re.compile(self.source, self.flags).match

    def __call__(self, text: str, pos: int = 0) -> Any:
        return self.match(text, pos)

    @cached_property
    def in_ascii(self) -> _Rule:
        """The rule for code that is ASCII.

        Only the start of a long set is cheap to test, and most characters are not in it.
        """
        ignore_case = self.flags & re.IGNORECASE or re.search(r"\(\?\w*i", self.source)
        if self.source.isascii() or ignore_case or self.verbose:
            return self
        return _Rule(PART.sub(lambda part: _in_ascii(part[0]), self.source), self.flags)


class _Joining(RegexLexerMeta):
    """Reads the rules of a lexer as Pygments does, and leaves them as they are written."""

    def _process_regex(self, regex: Any, rflags: int, _state: str) -> _Rule:
        source: Any = regex.get() if isinstance(regex, Future) else regex  # type: ignore[func-returns-value]
        return _Rule(source, int(rflags))


def _beside(rule: _Rule, name: str) -> str:
    """The rule as it can stand beside others, closed by a group of this name.

    Its own groups do not capture, as that is slow, unless it refers to them: then they get names.
    Its flags hold for it alone.
    """
    numbers = count(1)

    def renew(part: re.Match[str]) -> str:
        match part.lastgroup:
            case "group":
                return f"(?P<{name}_{next(numbers)}>" if rule.refers else "(?:"
            case "reference":
                return f"(?P={name}_{part['reference']})"
        return part[0]

    source = PART.sub(renew, rule.source[len(rule.prefix) :])
    flags = "".join(sorted({*rule.prefix} - {*"(?)"}))
    end = "\n" if rule.verbose else ""  # of a comment
    return f"(?{flags}:{source}{end})(?P<{name}>)"


@cache
def _in_ascii(part: str) -> str:
    """A set of characters without those that ASCII does not have, where that is simple."""
    if part[0] != "[" or len(part) < LONG or part.isascii():
        return part
    start = 1 + (part[1] == "^")
    items = ITEM.findall(part[start:-1])
    kept = "".join(item for item in items if item[0].isascii())
    simple = kept and "-" not in items and not (start == 1 and kept[0] == "^")
    return f"{part[:start]}{kept}]" if simple else part
