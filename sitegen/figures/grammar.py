"""What a text claims of a figure, `check: bat -> flew > bat -> the`, and what it asks of it.

Comes in: the `check:` and `expect:` lines of a block, or the text of a `Measure` in prose. Goes
out: claims and questions whose tokens and heads exist, or mistakes, each at its word. Nothing is
measured here; that is the business of `claims`.

    claim      := comparison ("and" comparison)*
    comparison := sum (operator sum)+             a chain says all of it: a > b > c
    operator   := ">" | ">=" "≥" | "<" | "<=" "≤" | "="
    sum        := term ("+" term)*
    term       := PERCENT | TOKEN "->" TOKEN ["@" PLACE]                    "→" is an arrow too
    PERCENT    := 20% | 20 % | 7.5%
    PLACE      := mean (of all heads) | HEAD (of the figure's layer) | LAYER.HEAD
    question   := sum [.1 | .2 | .3] | "check" [NUMBER]                     decimals; nth check

A TOKEN is typed as in the figure's text, `bat#2` for the second of its name, between quotes where
it holds spaces or signs of the grammar. `and` is a token wherever a term is expected. Without a
place a weight is that of the figure's own head. `=` compares at the precision that was typed:
`= 25%` is true where the whole percent that the figure shows is 25, `= 25.0%` only from 24.95 on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import msgspec

from sitegen.errors import Span
from sitegen.figures.block import Entry, Mistakes, Word, counted, part, shown, truth
from sitegen.figures.terms import (
    FINEST,
    Amount,
    Arrow,
    Claim,
    Comparison,
    Count,
    Operator,
    Place,
    Question,
    Scope,
    Share,
    Sum,
    Term,
    find_token,
)

CLAIM_KEYS = {
    "check": "what is claimed; a block may have several",
    "expect": "`false` below a check: the claim is not so, and the caption says that",
}
MOST_CLAIMS = 50
MOST_PIECES = 400
"""Words and signs of one claim; nobody reads a longer one."""
OPERATORS: dict[str, Operator] = {
    ">": ">", ">=": "≥", "≥": "≥", "<": "<", "<=": "≤", "≤": "≤", "=": "="
}  # fmt: skip
ARROWS = frozenset({"->", "→"})
SIGNS = frozenset({*OPERATORS, *ARROWS, "+", "@"})
PIECE = re.compile(r'->|>=|<=|[<>=≥≤→+@]|"[^"]*"(?:#[0-9]+)?|(?:(?!->)[^\s<>=≥≤→+@])+')
SHORT = re.compile(r"(?:(?!->)[^\s<>=≥≤→+@]){1,101}")
"""As the last of PIECE; no token is longer."""
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+")
PERCENT = re.compile(r"([0-9]{0,4})(?:\.([0-9]{1,7}))?%")
PLACE = re.compile(r"(?:([0-9]{1,4})\.)?([0-9]{1,4})")
CLAIM_HINT = "write a claim as in `bat -> flew > bat -> the` or `bat -> flew >= 20%`"
QUESTION_HINT = "ask as in `bat->flew`, `bat->flew .1`, `bat->flew + bat->night` or `check 2`"


def read_claims(typed: Sequence[Entry], scope: Scope, mistakes: Mistakes) -> tuple[Claim, ...]:
    """The claims of a block, from its entries in order; `expect` goes with the check above it."""
    claims: list[Claim] = []
    above = None
    for entry in typed:
        if entry.key.text == "check":
            reader = _Reader(entry.lines, entry.span, scope, mistakes, CLAIM_HINT)
            claims.append(Claim(comparisons=reader.claim(), span=entry.span))
        elif entry.key.text == "expect" and above == "check":
            expected = truth(entry, "write false or true", mistakes)
            claims[-1] = msgspec.structs.replace(claims[-1], expected=expected)
        elif entry.key.text == "expect":
            hint = "write it on the line below a `check:`"
            mistakes.add('"expect" has no check above it', entry.key.span, hint)
        above = entry.key.text
    if len(claims) > MOST_CLAIMS:
        message = f"{len(claims):,} checks are too many for one figure"
        mistakes.add(message, claims[MOST_CLAIMS].span, f"at most {MOST_CLAIMS}")
    return tuple(claims)


def read_question(text: str, span: Span, scope: Scope, mistakes: Mistakes) -> Question:
    """What a measure in prose asks for; `span` is where its text begins.

    A further line of the text begins with as many spaces as stand before it in the file.
    """
    first, *others = text.split("\n")
    rows = (Word(row, Span(span.path, span.line + i, 1)) for i, row in enumerate(others, 1))
    lines = [Word(first, span), *rows]
    return _Reader(lines, span, scope, mistakes, QUESTION_HINT).question()


def _pieces(lines: Sequence[Word], tokens: Collection[str]) -> Iterator[Word]:
    """Words and signs. A quote that is part of a token, as in `"the`, opens nothing."""
    for line in lines:
        at = 0
        while found := PIECE.search(line.text, at):
            if found[0][0] == '"' and found[0].strip('"') not in tokens:
                plain = SHORT.match(line.text, found.start())
                found = plain if plain and plain[0] in tokens else found
            at = found.end()
            yield Word(found[0], part(line.span, found.start(), len(found[0])))


class _Reader:
    """Reads one claim or question from left to right; goes on behind a mistake."""

    def __init__(
        self, lines: Sequence[Word], span: Span, scope: Scope, mistakes: Mistakes, hint: str
    ) -> None:
        self.scope, self.mistakes, self.span, self.hint = scope, mistakes, span, hint
        self.pieces = list(islice(_pieces(lines, scope.tokens), MOST_PIECES + 1))
        self.at = 0
        self.wrong = not self.pieces
        if not self.pieces:
            mistakes.add("nothing is said here", span, hint)
        elif len(self.pieces) > MOST_PIECES:
            mistakes.add("this is too long", span, f"at most {MOST_PIECES} words and signs")
            self.pieces, self.wrong = [], True

    def claim(self) -> tuple[Comparison, ...]:
        """All that is left as a claim."""
        comparisons = []
        while self.at < len(self.pieces):
            comparisons.append(self._comparison())
            if self._sees("and"):
                self.at += 1
                if self.at == len(self.pieces):
                    self._missing()
        return tuple(comparisons)

    def question(self) -> Question:
        """All that is left as a question."""
        words = [piece.text for piece in self.pieces]
        if not words:
            return Amount(terms=())
        if words[:1] == ["check"] and not ARROWS.intersection(words[1:2]):
            return self._count()
        decimals = self._decimals()
        terms = self._sum()
        rest = self.pieces[self.at :]
        if rest and not self.wrong:
            self._add(f'"{shown(rest[0].text)}" makes no number', rest[0].span)
        elif any(isinstance(term, Share) for term in terms):
            self._add("a percentage is no measure", self.span)
        return Amount(terms=terms, decimals=decimals)

    def _count(self) -> Count:
        number = self.pieces[1:2] or [Word("1", self.span)]
        if len(self.pieces) > 2 or not re.fullmatch(r"[1-9][0-9]?", number[0].text):  # noqa: PLR2004
            self._add(f'there is no check "{shown(number[0].text)}"', number[0].span)
            return Count(check=1, span=self.span)
        return Count(check=int(number[0].text), span=number[0].span)

    def _decimals(self) -> int:
        """Take `.1` from the end, where no sign before it makes it a token."""
        last = self.pieces[-1] if len(self.pieces) > 1 else None
        if last is None or self.pieces[-2].text in SIGNS or not re.match(r"\.[0-9]", last.text):
            return 0
        self.pieces.pop()
        if last.text not in {".1", ".2", ".3"}:
            self._add(f'"{shown(last.text)}" is no precision', last.span, "write .1, .2 or .3")
            return 0
        return int(last.text[1:])

    def _comparison(self) -> Comparison:
        start, before, self.wrong = self.at, self.wrong, False
        sums, operators = [self._sum()], []
        while self.at < len(self.pieces) and self.pieces[self.at].text in OPERATORS:
            operators.append(OPERATORS[self.pieces[self.at].text])
            self.at += 1
            sums.append(self._sum())
        measured = [any(isinstance(term, Arrow) for term in terms) for terms in sums]
        span = self._across(start)
        if not operators and not self.wrong:
            self._add("nothing is compared here", span)
        elif not self.wrong and not all(map(max, measured, measured[1:])):
            self._add("two percentages are compared, and no weight", span)
        self.wrong = self.wrong or before
        return Comparison(sums=tuple(sums), operators=tuple(operators))

    def _sum(self) -> Sum:
        terms = [self._term()]
        while self._sees("+"):
            self.at += 1
            terms.append(self._term())
        return tuple(term for term in terms if term is not None)

    def _term(self) -> Term | None:
        before, self.wrong = self.wrong, False
        word = self._word()
        term: Term | None = None
        if word is not None:
            term = self._arrow(word) if self._sees(*ARROWS) else self._share(word)
        self._skip()
        self.wrong = self.wrong or before
        return term

    def _arrow(self, query: Word) -> Arrow | None:
        self.at += 1
        key = self._word()
        place = None
        if key is not None and self._sees("@"):
            self.at += 1
            place = self._place()
        one = find_token(query, self.scope.tokens, self.mistakes)
        other = find_token(key, self.scope.tokens, self.mistakes) if key else None
        if one is None or other is None:
            self.wrong = True
            return None
        return Arrow(query=one, key=other, place=place)

    def _place(self) -> Place | None:
        word = self._word()
        if word is None or word.text == "mean":
            return "mean"
        found = PLACE.fullmatch(word.text)
        if found is None:
            hint = "write @mean, @4 for head 4, or @1.4 for head 4 of layer 1"
            self._add(f'"{shown(word.text)}" is no head', word.span, hint)
            return None
        layer, head = int(found[1] or self.scope.layer), int(found[2])
        if not 1 <= layer <= self.scope.layers:
            hint = f"this figure has {counted(self.scope.layers, 'layer')}"
            self._add(f"there is no layer {layer}", word.span, hint)
        elif not 1 <= head <= self.scope.heads:
            kind = self.scope.kind
            inside = " in a layer" if kind == "head" else ""
            hint = f"this figure has {counted(self.scope.heads, kind)}{inside}"
            self._add(f"there is no {kind} {head}", word.span, hint)
        return layer, head

    def _share(self, word: Word) -> Share | None:
        text = word.text
        if NUMBER.fullmatch(text) and self._sees("%"):
            text += "%"
            self.at += 1
        if text != "%" and (found := PERCENT.fullmatch(text)):
            decimals = found[2] or ""
            return Share(units=int(f"{found[1]}{decimals:0<{FINEST}}"), decimals=len(decimals))
        message, hint = f'"{shown(text)}" is no percentage', None
        if NUMBER.fullmatch(text):
            share = float(text.replace(",", "."))
            hint = f"write {share * 100:.6g}%" if share < 1 else f"write {share:.10g}%"
        elif NUMBER.fullmatch(text.removesuffix("%")):
            hint = f"write it as in 7.5%: at most 9999%, and {FINEST} decimals"
        else:
            message = f'"{shown(text)}" alone is no weight'
        self._add(message, word.span, hint)
        return None

    def _skip(self) -> None:
        """Go to the next operator; what is skipped is a mistake, unless there was one already."""
        for word in self.pieces[self.at :]:
            if word.text in OPERATORS or word.text in {"+", "and"}:
                return
            if not self.wrong:
                self._add(f'"{shown(word.text)}" is not expected here', word.span)
            self.at += 1

    def _sees(self, *texts: str) -> bool:
        return self.at < len(self.pieces) and self.pieces[self.at].text in texts

    def _word(self) -> Word | None:
        """The next piece, if it is no sign; else what is missing is noted."""
        if self.at < len(self.pieces) and self.pieces[self.at].text not in SIGNS:
            self.at += 1
            return self.pieces[self.at - 1]
        self._missing()
        return None

    def _missing(self) -> None:
        sign = self.pieces[max(0, self.at - 1)]
        where = "after" if self.at else "before"
        self._add(f'something is missing {where} "{shown(sign.text)}"', sign.span)

    def _across(self, start: int) -> Span:
        """From a piece to the one read last, if that is on the same line."""
        first = self.pieces[start].span
        last = next(
            piece.span
            for piece in reversed(self.pieces[start : max(self.at, start + 1)])
            if piece.span.line == first.line
        )
        return part(first, 0, last.column + last.length - first.column)

    def _add(self, message: str, span: Span, hint: str | None = None) -> None:
        self.wrong = True
        self.mistakes.add(message, span, hint or self.hint)
