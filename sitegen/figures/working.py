"""Attention worked out step by step, as text: matrices, and for each token a line of arithmetic.

Comes in: a scene with the steps of a toy model. Goes out: `Working`, which `steps` writes as
tables and `slide` as a picture. The line of a token is about the one that it attends to most.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from sitegen.attention.core import Array, merge_heads, scores
from sitegen.figures import lines
from sitegen.figures.numerals import cells, fixed, number
from sitegen.figures.scene import Scene
from sitegen.figures.sums import PERCENT
from sitegen.figures.weights import Units
from sitegen.figures.words import names

INFINITE = "−∞"
INDEX = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Matrix(NamedTuple):
    """A matrix with its headings, and the sign between it and the one before it.

    `asking`: its rows are the tokens that attend. `tops[i]` is the column that token i attends to
    most, where the columns are tokens. The columns are cut into `parts` equal heads.
    """

    name: str
    sign: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    asking: bool = True
    tops: tuple[int, ...] = ()
    parts: int = 1


class Step(NamedTuple):
    """Some matrices, and for each token how its row comes about."""

    name: str
    matrices: tuple[Matrix, ...]
    lines: tuple[str, ...] = ()
    spoken: bool = False
    """Whether its line is read aloud when another row is chosen."""


class Working(NamedTuple):
    """All steps: those before the heads part, those of each head, those behind them."""

    before: tuple[Step, ...]
    heads: tuple[tuple[Step, ...], ...]
    after: tuple[Step, ...]


def work_out(scene: Scene) -> Working:
    """The steps of the chosen layer."""
    bench = _Bench(scene)
    return Working(
        before=tuple(bench.before()),
        heads=tuple(tuple(bench.head(i)) for i in range(scene.spec.heads)),
        after=tuple(bench.after()),
    )


def shares(units: Units) -> tuple[tuple[str, ...], ...]:
    """Percents of `units[n_query, n_key]`, with one decimal if any of them needs it."""
    places = 1 if (units % PERCENT).any() else 0
    return tuple(tuple(fixed(x, places) for x in row) for row in (units / PERCENT).tolist())


class _Bench:
    """What all steps are made from."""

    def __init__(self, scene: Scene) -> None:
        assert scene.toy is not None  # noqa: S101 - the spec refuses a block without values
        assert scene.toy.v is not None  # noqa: S101
        self.spec, self.toy, self.v = scene.spec, scene.toy, scene.toy.v
        self.tokens = names(self.spec.tokens)
        self.units: Units = scene.weights.units[scene.chosen[0]]  # [n_head, n, n]
        self.plain = scores(self.toy.q, self.toy.k, 1.0)  # [n_head, n, n]

    def before(self) -> Iterable[Step]:
        """Vectors times projections; or what the block gives, cut into heads."""
        toy, whole = self.toy, [merge_heads(each) for each in (self.toy.q, self.toy.k, self.v)]
        if toy.x is None:
            if self.spec.heads > 1:
                three = [self._of(x, name, "") for x, name in zip(whole, "QKV", strict=True)]
                yield Step(name="Split: each head has its own columns", matrices=tuple(three))
            return
        about = (
            "Queries: what each token looks for",
            "Keys: what it is found by",
            "Values: what it hands over",
        )
        for name, told, projected in zip("QKV", about, whole, strict=True):
            w = toy.w[f"W_{name}"]
            yield Step(
                name=told,
                matrices=(
                    self._of(toy.x, "X", "", parts=1),
                    self._inner(w, f"W_{name}"),
                    self._of(projected, name, "="),
                ),
                lines=lines.first_column(self.tokens, toy.x, w, projected),
            )

    def head(self, i: int) -> Iterable[Step]:
        """From scores to a mixture of values."""
        q, k, v = self.toy.q[i], self.toy.k[i], self.v[i]
        first = i * q.shape[-1]
        tops = tuple(np.argmax(self.units[i], axis=-1).tolist())
        pairs = lines.Pairs(self.tokens, tops)
        of = str(i + 1).translate(INDEX) if self.spec.heads > 1 else ""
        product = f"Q{of} K{of}ᵀ"
        yield Step(
            name="Scores: each query times each key",
            matrices=(
                self._of(q, f"Q{of}", "", first=first, parts=1),
                _matrix(
                    k.T,
                    f"K{of}ᵀ",
                    "·",
                    _counted(k.shape[-1], first),
                    self.tokens,
                    asking=False,
                    tops=tops,
                ),
                self._square(cells(self.plain[i].tolist()), product, "=", tops),
            ),
            lines=lines.scores(pairs, q, k, self.plain[i]),
        )
        yield from self._scaled(i, pairs, product)
        if self.spec.causal:
            yield self._masked(i, tops)
        yield Step(
            name="Softmax: each row is shared out",
            matrices=(self._square(shares(self.units[i]), f"A{of} in %", "", tops),),
            lines=lines.softmax(pairs, self.toy.scores[i], self.units[i], causal=self.spec.causal),
        )
        assert self.toy.heads_output is not None  # noqa: S101 - there are values
        mixed, first = self.toy.heads_output[i], i * v.shape[-1]
        yield Step(
            name="Mixture: the values, by these shares",
            matrices=(
                _matrix(
                    v, f"V{of}", f"A{of} ·", self.tokens, _counted(v.shape[-1], first), asking=False
                ),
                self._of(mixed, f"A{of} V{of}", "=", first=first, parts=1),
            ),
            lines=lines.mixtures(pairs, self.units[i], v, mixed, first),
            spoken=True,
        )

    def _scaled(self, i: int, pairs: lines.Pairs, product: str) -> Iterable[Step]:
        """Scores times the scale, unless that is 1."""
        scale, width = self.spec.scale, self.toy.q.shape[-1]
        by = f"/ √{width}" if scale is None else f"· {number(scale)}"
        if scale != 1:
            shown = cells(self.toy.scores[i].tolist())
            yield Step(
                name=f"Scaled: {'divided by' if scale is None else 'times'} {by[2:]}",
                matrices=(self._square(shown, f"{product} {by}", "", pairs.tops),),
                lines=lines.scaled(pairs, self.plain[i], self.toy.scores[i], by),
            )

    def _masked(self, i: int, tops: tuple[int, ...]) -> Step:
        shown = cells(self.toy.scores[i].tolist())
        masked = tuple(
            tuple(cell if j <= i else INFINITE for j, cell in enumerate(row))
            for i, row in enumerate(shown)
        )
        return Step(
            name="Masked: nothing that comes later",
            matrices=(self._square(masked, "masked", "", tops),),
            lines=lines.masks(self.tokens),
        )

    def after(self) -> Iterable[Step]:
        """Heads side by side, and what W_O makes of them."""
        toy, n_head = self.toy, self.spec.heads
        w_o = toy.w.get("W_O")
        if n_head == 1 and w_o is None:
            return
        assert toy.heads_output is not None and toy.output is not None  # noqa: S101, PT018
        joined = merge_heads(toy.heads_output)  # [n, n_head · d_value]
        matrices = [self._of(joined, "heads" if n_head > 1 else "A V", "")]
        worked: tuple[str, ...] = ()
        if w_o is not None:
            matrices += [self._inner(w_o, "W_O"), self._of(toy.output, "output", "=", parts=1)]
            worked = lines.first_column(self.tokens, joined, w_o, toy.output)
        name = "Joined: the heads side by side" if n_head > 1 else "Output: once more a projection"
        yield Step(name=name, matrices=tuple(matrices), lines=worked)

    def _of(
        self, x: Array, name: str, sign: str, *, first: int = 0, parts: int | None = None
    ) -> Matrix:
        """A row of `x[n, d]` for each token; its columns belong to all heads unless told."""
        parts = self.spec.heads if parts is None else parts
        return _matrix(x, name, sign, self.tokens, _counted(x.shape[-1], first), parts=parts)

    def _inner(self, w: Array, name: str) -> Matrix:
        """A projection."""
        return _matrix(w, name, "·", _counted(len(w)), _counted(w.shape[-1]), asking=False)

    def _square(
        self, shown: tuple[tuple[str, ...], ...], name: str, sign: str, tops: tuple[int, ...]
    ) -> Matrix:
        """A number for each pair of tokens."""
        return Matrix(
            name=name, sign=sign, rows=self.tokens, columns=self.tokens, cells=shown, tops=tops
        )


def _matrix(  # noqa: PLR0913
    x: Array,
    name: str,
    sign: str,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    *,
    asking: bool = True,
    tops: tuple[int, ...] = (),
    parts: int = 1,
) -> Matrix:
    shown = cells(x.tolist())
    return Matrix(name, sign, rows, columns, shown, asking=asking, tops=tops, parts=parts)


def _counted(n: int, first: int = 0) -> tuple[str, ...]:
    """`1`, `2`, …: the names of columns that are no tokens."""
    return tuple(str(i + 1) for i in range(first, first + n))
