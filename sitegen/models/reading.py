"""Prompts to readings: texts through the real models that lie on this machine.

Comes in: prompts. Goes out: a reading of each, or why there is none. A model is loaded where a
prompt asks for it, once, and an encoder reads all texts of a call in one pass.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from sitegen.attention.core import Array
from sitegen.errors import FigureError, ModelError, Problem
from sitegen.model import BIT, MOST_CELLS, WEIGHT, Piece, Prompt, Quantity, Reading
from sitegen.models.cells import pack_cells
from sitegen.models.store import find, verify
from sitegen.models.table import MODELS, Model
from sitegen.transformer.bpe import BPE
from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import Encoder, make_encoder
from sitegen.transformer.gguf import open_gguf
from sitegen.transformer.measures import norm_shares, rollouts
from sitegen.transformer.safetensors import open_safetensors
from sitegen.transformer.tokens import Tokens
from sitegen.transformer.trace import Trace
from sitegen.transformer.wordpiece import WordPiece

Found = dict[Prompt, Reading | Problem]


def read_prompts(prompts: Sequence[Prompt]) -> Mapping[Prompt, Reading | Problem]:
    """What models make of these; a problem says why one cannot be read."""
    found: Found = {}
    for model in MODELS.values():
        own = [prompt for prompt in prompts if prompt.model == model.name]
        if own:
            found |= _read_with(model, own)
    return found


def _read_with(model: Model, prompts: Sequence[Prompt]) -> Found:
    """The readings of one model; where it is not here or not whole, all are one problem."""
    folder = find(model.name)
    if folder is None:
        problem = FigureError(
            f"what {model.name} makes of this text is not in figures.lock, and the model is not"
            " on this machine",
            hint=f"bring it with `sitegen models get {model.name}`; or take figures.lock from"
            " where this figure was built",
        ).problem()
        return dict.fromkeys(prompts, problem)
    if wrong := verify(model.name):  # or numbers of other weights would be kept as those of these
        return dict.fromkeys(prompts, wrong[0])
    try:
        return (_read_encoder if model.family == "encoder" else _read_causal)(folder, prompts)
    except ModelError as error:
        return dict.fromkeys(prompts, error.problem())


# --- an encoder ----------------------------------------------------------------------------------


def _read_encoder(folder: Path, prompts: Sequence[Prompt]) -> Found:
    tokenizer = WordPiece.from_lines((folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    encoder = make_encoder(open_safetensors(folder / "model.safetensors"), config)
    texts = {prompt: [tokenizer.encode(line) for line in _lines(prompt)] for prompt in prompts}
    found: Found = {}
    for prompt, tokens in texts.items():
        if problem := _refuse(prompt, tokens, len(encoder.positions)):
            found[prompt] = problem
    for prompt in prompts:
        if prompt.quantity == "lines" and prompt not in found:
            found[prompt] = _likeness(encoder, texts[prompt])
    whole = [prompt for prompt in prompts if prompt not in found]
    traces = encoder.traces([texts[prompt][0].ids for prompt in whole])
    for prompt, trace in zip(whole, traces, strict=True):
        found[prompt] = _weights(prompt, trace, texts[prompt][0])
    return found


def _lines(prompt: Prompt) -> list[str]:
    """What is read by itself: the whole text, or each line that is not blank."""
    if prompt.quantity == "lines":
        return [line.strip() for line in prompt.text.split("\n") if line.strip()]
    return [prompt.text]


def _refuse(prompt: Prompt, texts: Sequence[Tokens], longest: int) -> Problem | None:
    """Why a model cannot read one of these, or nobody could keep what it made of them."""
    if prompt.quantity in MEASURES:
        model = MODELS[prompt.model]
        longest = min(longest, math.isqrt(MOST_CELLS // (model.layers * model.heads)))
    most = max((len(tokens.ids) for tokens in texts), default=0)
    if all(sum(tokens.special) < len(tokens.ids) for tokens in texts) and most <= longest:
        return None
    if most > longest:
        return FigureError(
            f"{most:,} tokens are more than can be read here", hint=f"at most {longest:,}"
        ).problem()
    return FigureError("nothing of this text is left for the model to read").problem()


def _likeness(encoder: Encoder, lines: Sequence[Tokens]) -> Reading:
    """The cosines of all pairs of lines."""
    vectors = encoder.embeddings([tokens.ids for tokens in lines])
    return Reading(
        pieces=(), shape=(len(lines),) * 2, cells=pack_cells(np.rint(vectors @ vectors.T * WEIGHT))
    )


def _weights(prompt: Prompt, trace: Trace, tokens: Tokens) -> Reading:
    if prompt.quantity == "mark":
        layer, head = MODELS[prompt.model].mark
        weights = trace.attention[layer - 1, head - 1]
    else:
        weights = MEASURES[prompt.quantity](trace)
    return Reading(pieces=_pieces(tokens), shape=weights.shape, cells=_shares(weights))


MEASURES: Mapping[Quantity, Callable[[Trace], Array]] = {
    "weight": lambda trace: trace.attention,
    "norm": lambda trace: norm_shares(trace.attention, trace.value_norms),
    "rollout": lambda trace: rollouts(trace.attention)[:, np.newaxis],
}


def _pieces(tokens: Tokens) -> tuple[Piece, ...]:
    parts = zip(tokens.pieces, tokens.offsets, tokens.special, strict=True)
    return tuple(Piece(text, *place, special) for text, place, special in parts)


def _shares(weights: Array) -> bytes:
    """Ten-thousandths of `[…, n_key]`: each row sums to 1 as before, the largest remainders up."""
    exact = weights * WEIGHT
    floors = np.floor(exact)
    places = np.argsort(np.argsort(floors - exact, axis=-1, kind="stable"), axis=-1)
    missing = WEIGHT - floors.sum(axis=-1, keepdims=True)
    cells: Array = floors + (places < missing)
    return pack_cells(cells)


# --- a causal model ------------------------------------------------------------------------------


def _read_causal(folder: Path, prompts: Sequence[Prompt]) -> Found:
    weights = open_gguf(next(folder.glob("*.gguf")))
    tokenizer, model = BPE.from_gguf(weights.metadata), Causal(weights)
    texts = {prompt: tokenizer.encode(prompt.text) for prompt in prompts}
    found: Found = {}
    for prompt, tokens in texts.items():
        if problem := _refuse(prompt, [tokens], model.longest):
            found[prompt] = problem
        elif prompt.quantity == "surprise":
            found[prompt] = _surprise(model, tokenizer, tokens)
    whole = [prompt for prompt in prompts if prompt not in found]
    # One by one: all layers of all heads of a long text are large.
    for prompt in whole:
        (trace,) = model.traces([texts[prompt].ids])
        found[prompt] = _weights(prompt, trace, texts[prompt])
    return found


def _surprise(model: Causal, tokenizer: BPE, tokens: Tokens) -> Reading:
    """Bits of each token, and what was likeliest before it."""
    told = model.surprise(tokens.ids)
    n = len(tokens.ids)
    shares = np.rint(told.probabilities * WEIGHT).astype(int).tolist()
    likeliest = [
        tuple((tokenizer.text_of(i), share) for i, share in zip(ids, row, strict=True))
        for ids, row in zip(told.likeliest.tolist()[1:n], shares[1:n], strict=True)
    ]
    bits = np.rint(told.bits * BIT)
    bits[0] = -1
    return Reading(
        pieces=_pieces(tokens),
        shape=(n,),
        cells=pack_cells(bits),
        likeliest=((), *likeliest),
    )
