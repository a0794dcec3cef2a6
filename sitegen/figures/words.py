"""What a figure says in words: names of tokens and panels, the sentences, the facts of the caption.

Comes in: a scene, or parts of it. Goes out: plain text. Everything said here is measured or is a
fact of how the figure was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import assert_never
from unicodedata import bidirectional

import numpy as np

from sitegen.figures.block import counted
from sitegen.figures.learned import Learned
from sitegen.figures.matrices import Given, Inputs, Projected, Seeded
from sitegen.figures.merging import roles_shown, special_share
from sitegen.figures.numerals import NBSP
from sitegen.figures.scene import Scene
from sitegen.figures.spec import Spec
from sitegen.figures.weights import UNIT, Units, Weights, percents
from sitegen.model import Quantity
from sitegen.models.table import MODELS, Model

ENGLISH = {"lang": "en", "dir": "ltr"}
"""What we say of a figure, whichever language the page around it is in."""
HEATMAP = "Attention heatmap"
HOW = "From rows to columns: the stronger the shade, the larger the weight."
MOST_NAMED, MOST_NAMED_OF_MANY, MANY = 5, 2, 24
"""Tokens named in a sentence; fewer where there are very many sentences."""
MOST_CELLS = 3
LONGEST_TITLE = 60


@lru_cache(8)
def names(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Each token, numbered where it occurs twice: `the (1)`, `bat`, `the (2)`."""
    seen: dict[str, int] = {}
    found = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        number = f"{NBSP}({seen[token]})" if tokens.count(token) > 1 else ""
        found.append(isolated(token) + number)
    return tuple(found)


def isolated(token: str) -> str:
    """The token, kept from reordering the numbers after it if it runs from right to left."""
    leftward = any(bidirectional(char) in {"R", "AL", "AN"} for char in token)
    return f"\u2068{token}\u2069" if leftward else token


def title(spec: Spec, what: str = HEATMAP) -> str:
    """The name of the picture."""
    words = " ".join(spec.tokens)
    shown = words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rstrip() + "…"
    return f"{what}: {shown}"


def panel_title(scene: Scene, what: str = HEATMAP) -> str:
    """The name of a picture of only the panel that is shown first."""
    panel = panel_name(scene.weights, *scene.chosen).lower()
    return f"{title(scene.spec, what)} ({panel})" if panel else title(scene.spec, what)


def part_of(id_: str, part: str) -> str:
    """`Numbers of figure 1`."""
    return f"{part} of {id_.replace('.', ' ')}"


def panel_name(weights: Weights, row: int, column: int) -> str:
    """`Layer 1, head 4`, `Head 4`, or "" where there is but one panel."""
    name = f"{row_name(weights, row)} {weights.columns.options[column]}"
    return name if weights.units[..., 0, 0].size > 1 else ""


def row_name(weights: Weights, row: int) -> str:
    """What stands before the number of a column: `Layer 1, head`, or `Head`."""
    rows, columns = weights.rows, weights.columns
    if len(rows.options) == 1:
        return columns.name
    return f"{rows.name} {rows.options[row]}, {columns.name.lower()}"


def sentence(scene: Scene) -> str:
    """What the panel that is shown first says."""
    name = panel_name(scene.weights, *scene.chosen)
    [[told]] = _sentences(scene, scene.panel[None, None])
    return f"{name}: {told}" if name else told


def readouts(scene: Scene) -> list[list[str]]:
    """A sentence for each panel, by row and column, without its name."""
    return _sentences(scene, scene.weights.units)


def _sentences(scene: Scene, units: Units) -> list[list[str]]:
    """What each panel of `units[n_row, n_column, n, n]` says: the highlighted row, or the peaks."""
    return _of_row(scene, units) if scene.spec.row is not None else _of_peaks(scene, units)


def _of_row(scene: Scene, units: Units) -> list[list[str]]:
    """What the highlighted row of each panel says."""
    called, row = names(scene.spec.tokens), scene.spec.row or 0
    queries = [called[row]] * units.shape[1]
    return [_attends(scene, rows, queries) for rows in units[:, :, row]]


def of_tokens(scene: Scene) -> list[str]:
    """What each row of the chosen panel says, without the panel's name."""
    return _attends(scene, scene.panel, names(scene.spec.tokens))


def _attends(scene: Scene, rows: Units, queries: Sequence[str]) -> list[str]:
    """The largest weights of each of `rows[m, n_key]`, and what the others have in all."""
    called, many = names(scene.spec.tokens), scene.panels > MANY
    most = MOST_NAMED_OF_MANY if many else MOST_NAMED
    shares = percents(rows)  # [m, n_key]
    order = np.argsort(-shares, axis=-1, kind="stable")[:, :most]
    tops = np.take_along_axis(shares, order, axis=-1)
    others = (shares > 0).sum(axis=-1) - (tops > 0).sum(axis=-1)
    left = 100 - tops.sum(axis=-1)
    found = []
    for query, keys, top, more, rest in zip(
        queries, order.tolist(), tops.tolist(), others.tolist(), left.tolist(), strict=True
    ):
        parts = [f"{p}{NBSP}% to {called[i]}" for i, p in zip(keys, top, strict=True) if p]
        if more and not many:
            parts.append(f"{rest}{NBSP}% to {counted(more, 'other token')}")
        told = ", ".join(parts) or "almost only to special tokens"
        found.append(f"{query} attends {told}{', …' if more and many else '.'}")
    return found


def _of_peaks(scene: Scene, units: Units) -> list[list[str]]:
    """The three largest weights of each panel; not of the first row where it has only itself."""
    called = names(scene.spec.tokens)
    n_row, n_column, n_query, n_key = units.shape
    seen = units.copy()
    if scene.spec.causal and n_query > 1:
        seen[:, :, 0] = -1
    flat = seen.reshape(n_row * n_column, n_query * n_key)
    panel = np.arange(len(flat))
    peaks: list[list[tuple[int, int, int]]] = [[] for _ in flat]
    most = 2 if scene.panels > MANY else MOST_CELLS
    for _ in range(min(most, flat.shape[1])):
        best = flat.argmax(axis=-1)
        query, key = np.divmod(best, n_key)
        rows = percents(units.reshape(-1, n_query, n_key)[panel, query])
        tops = zip(rows[panel, key].tolist(), query.tolist(), key.tolist(), strict=True)
        for found, (share, i, j) in zip(peaks, tops, strict=True):
            found.append((-share, i, j))
        flat[panel, best] = -1
    told = []
    for found in peaks:
        cells = [f"{called[i]} to {called[j]}, {-p}{NBSP}%" for p, i, j in sorted(found)]
        begin = "largest" if scene.panels > 1 else "Largest"
        told.append(f"{begin} weights: {'; '.join(cells)}.")
    return [told[i : i + n_column] for i in range(0, len(told), n_column)]


def description(spec: Spec) -> str:
    """How to read a heatmap."""
    marked = "" if spec.row is None else f" The row of {names(spec.tokens)[spec.row]} is marked."
    return HOW + marked


def facts(scene: Scene) -> str:
    """How the numbers were made, and what they do not say."""
    spec = scene.spec
    if isinstance(spec.inputs, Learned):
        return _facts_of_model(scene, spec.inputs)
    width, source = _source(spec.inputs)
    factor = f"1/√{width // spec.heads}" if spec.scale is None else f"{spec.scale:g}"
    scaled = "not scaled" if spec.scale == 1 else f"scaled by {factor}"
    parts = [
        f"Toy model, {_place(spec)}",
        f"rows sum to 100{NBSP}%",
        f"scores {scaled}{', shown first' if spec.view == 'scale' else ''}",
        "each token sees only itself and what came before" if spec.causal else "",
        "sinusoidal positions added" if spec.positions else "",
        f"{source}, not learned",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told}. A weight says what this head mixes, not why a model answers."


def _facts_of_model(scene: Scene, learned: Learned) -> str:
    """The same of a real model; how much special tokens have is part of every number shown."""
    spec, model = scene.spec, MODELS[learned.model]
    rollout = learned.quantity == "rollout"
    parts = [
        f"{model.title}, {_family(model)}",
        f"layer {spec.head} of {spec.heads}, shown first" if rollout else _place(spec),
        HOW_MEASURED[learned.quantity],
        f"rows sum to 100{NBSP}%",
        "each token sees only itself and what came before" if learned.causal else "",
        _role(scene, learned),
        _of_special(scene, learned),
        "a word of several tokens: weights to them summed, from them averaged"
        if learned.merged
        else "",
    ]
    told = "; ".join(part for part in parts if part)
    what = "It says what is mixed with what" if rollout else "A weight says what this head mixes"
    return f"{told}. {what}, not why a model answers."


HOW_MEASURED: Mapping[Quantity, str] = {
    "norm": "shares of the length of what is taken (Kobayashi et al. 2020), not weights",
    "rollout": "rollout of all heads up to there, an approximation (Abnar & Zuidema 2020)",
    "weight": "",
}


def _family(model: Model) -> str:
    return "a causal model" if model.family == "causal" else "an encoder"


ROLES = {"previous": "the token before it", "next": "the token after it", "itself": "itself"}


def _role(scene: Scene, learned: Learned) -> str:
    """What the head that is shown first looks at from wherever it stands, if there is one thing."""
    if learned.quantity != "weight":
        return ""
    special = dict.fromkeys(piece.text for piece in learned.reading.pieces if piece.special)
    known = ROLES | {"sink": " and ".join(special) or "the first token"}
    found = [known[role] for role in roles_shown(learned, scene.chosen)]
    return f"in this head a token looks mostly at {' or '.join(found)}" if found else ""


def _of_special(scene: Scene, learned: Learned) -> str:
    """What special tokens have of the row that is marked, or of all rows; and how that is shown."""
    spec = scene.spec
    share = special_share(learned, scene.chosen, spec.row)
    if share is None:
        return ""
    whose = "a row on average" if spec.row is None else f"the row of {names(spec.tokens)[spec.row]}"
    special = [piece.text for piece in learned.reading.pieces if piece.special]
    which = " and ".join(dict.fromkeys(special))
    told = f"{round(100 * share / UNIT)}{NBSP}% of {whose} goes to {which}"
    if learned.special == "drop":
        empty = not scene.weights.units.any(axis=-1).all()
        rest = f", or empty where less than 1{NBSP}% is left" if empty else ""
        return f"{told}, left out, and rows are scaled to 100{NBSP}% again{rest}"
    return f"{told}, shown dimmed" if spec.faded else told


def _place(spec: Spec) -> str:
    """Which layer and head are shown first, of how many; in the view `scale`, which is shown."""
    head = f"head {spec.head} of {spec.heads}"
    place = f"layer {spec.layer} of {spec.layers}, {head}" if spec.layers > 1 else head
    several = spec.layers * spec.heads > 1 and spec.view != "scale"
    return f"{place}, shown first" if several else place


def _source(inputs: Inputs) -> tuple[int, str]:
    """The width of a query of all heads, and what it was made of."""
    match inputs:
        case Given(q=q):
            return len(q[0]), "queries and keys made up by hand"
        case Projected(w_q=w_q):
            return len(w_q[0]), "vectors and projections made up by hand"
        case Seeded(seed=seed, d_model=d_model):
            return d_model, f"random vectors of width {d_model} from seed {seed}"
        case _:
            assert_never(inputs)
