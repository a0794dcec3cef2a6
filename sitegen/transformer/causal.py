"""A causal model of the Llama family (Touvron et al. 2023) that shows all that it does.

Comes in: weights that are asked for by name, as a GGUF file has them (`gguf.Gguf`), then texts as
lists of token ids. Goes out: a `Trace` of each text, or the surprise of each of its tokens. A layer
is dequantised when it is needed and forgotten after it: for all texts of a call once.

In float64 the numbers are those that are published. float32 is twice as fast and good to 1e-5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from sitegen.attention.core import Array, merge_heads, split_heads
from sitegen.errors import ModelError
from sitegen.transformer.equations import attend_into, rms_norm, rotate, silu, turns
from sitegen.transformer.packing import Pack, packs
from sitegen.transformer.surprise import Surprise, surprise_of
from sitegen.transformer.trace import Trace, blank_traces, keep, value_norms

WORDS = "token_embd.weight"
MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
VOCABULARY_BLOCK = 4096
"""So many words of the vocabulary are dequantised and compared at a time."""


class Weights(Protocol):
    """What a file of weights must be able to do."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The numbers of the model, as `llama.block_count`."""

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A whole tensor; a matrix is `[d_out, d_in]`."""

    def rows(self, name: str, indices: ArrayLike) -> NDArray[np.float32]:
        """Some rows of a matrix."""


class Layer(NamedTuple):
    """Matrices `[d_in, d_out]`, and the gains `[d_model]` of the norms before them."""

    attention_norm: Array
    q: Array
    k: Array
    v: Array
    o: Array
    network_norm: Array
    gate: Array
    up: Array
    down: Array


class Causal:
    """A model that is ready to read."""

    def __init__(self, weights: Weights, dtype: DTypeLike = np.float64) -> None:
        self.weights, self.dtype = weights, np.dtype(dtype)
        known = weights.metadata
        if (kind := known.get("general.architecture")) != "llama":
            raise ModelError(f"a model of the kind {kind!r}; only 'llama' is known")
        try:
            self.n_layer: int = known["llama.block_count"]
            self.n_head: int = known["llama.attention.head_count"]
            self.n_shared: int = self.n_head // known["llama.attention.head_count_kv"]
            self.d_key: int = known["llama.rope.dimension_count"]
            self.base: float = known["llama.rope.freq_base"]
            self.epsilon: float = known["llama.attention.layer_norm_rms_epsilon"]
            self.longest: int = known["llama.context_length"]
            self.n_word: int = known["llama.vocab_size"]
        except KeyError as error:
            raise ModelError(f"the weights do not say their {error}") from None

    def traces(self, batch: Sequence[Sequence[int]]) -> list[Trace]:
        """What the model made of each text, in their order; texts know nothing of each other.

        Raises FigureError for a text that is empty or too long, ModelError for an id of no word.
        """
        packed = list(packs(batch, self.n_word, self.longest))
        xs = [self._embed(pack) for pack in packed]
        made = [
            blank_traces(pack, self.n_layer, self.n_head, x)
            for pack, x in zip(packed, xs, strict=True)
        ]
        for depth in range(self.n_layer):
            layer = self._layer(depth)
            for number, (pack, traces) in enumerate(zip(packed, made, strict=True)):
                weights = [each.attention[depth] for each in traces]
                xs[number], v = self._through(layer, xs[number], pack, weights)
                keep(traces, pack, depth, xs[number], value_norms(v, layer.o))
        return [trace for traces in made for trace in traces]

    def surprise(self, ids: Sequence[int]) -> Surprise:
        """How surprising each token was, and what was likeliest in its place.

        Raises FigureError for a text that is empty or too long, ModelError for an id of no word.
        """
        (pack,) = packs([ids], self.n_word, self.longest)
        x = self._embed(pack)
        scratch = np.empty((self.n_head, len(x), len(x)), self.dtype)
        for depth in range(self.n_layer):
            x, _ = self._through(self._layer(depth), x, pack, [scratch])
        x = rms_norm(x, self._norm("output_norm"), self.epsilon)
        # The matrix that turns ids into vectors turns vectors into words, too.
        starts = range(0, self.n_word, VOCABULARY_BLOCK)
        ranges = (range(i, min(i + VOCABULARY_BLOCK, self.n_word)) for i in starts)
        return surprise_of(x, (self._words(each) for each in ranges), pack.ids)

    def _words(self, ids: ArrayLike) -> Array:
        return self.weights.rows(WORDS, ids).astype(self.dtype, copy=False)

    def _embed(self, pack: Pack) -> Array:
        return self._words(pack.ids)

    def _norm(self, name: str) -> Array:
        return self.weights.tensor(f"{name}.weight").astype(self.dtype, copy=False)

    def _layer(self, number: int) -> Layer:
        block = f"blk.{number}"
        q, k, v, o, gate, up, down = (self._norm(f"{block}.{name}").T for name in MATRICES)
        norm, network = (self._norm(f"{block}.{name}_norm") for name in ("attn", "ffn"))
        return Layer(norm, q, k, v, o, network, gate, up, down)

    def _through(
        self, layer: Layer, x: Array, pack: Pack, weights: Sequence[Array]
    ) -> tuple[Array, Array]:
        """Y = X + MultiHead(RMSNorm(X)), then Y + FFN(RMSNorm(Y)) (Touvron et al. 2023, section 2).

        FFN(Z) = (SiLU(Z W_gate) ⊙ Z W_up) W_down (Shazeer 2020, equation 6). `x[n_token, d_model]`
        → the same, and the values `[n_head, n_token, d_value]`; `weights` of each text are written.
        """
        q, k, v = self._queries_keys_values(layer, x, pack)
        heads = np.empty_like(q)
        for text, own in zip(pack.texts, weights, strict=True):
            heads[:, text] = attend_into(own, q[:, text], k[:, text], v[:, text], causal=True)
        y = x + merge_heads(heads) @ layer.o
        z = rms_norm(y, layer.network_norm, self.epsilon)
        gated = silu(z @ layer.gate)
        gated *= z @ layer.up
        return y + gated @ layer.down, v

    def _queries_keys_values(
        self, layer: Layer, x: Array, pack: Pack
    ) -> tuple[Array, Array, Array]:
        """Each `[n_head, n_token, d_key]`, queries and keys turned by their positions.

        There are fewer heads of keys and values than of queries: neighbours share one (Ainslie et
        al. 2023, section 2.2). GGUF has the numbers of a head in the order of the paper's pairs;
        `transformers` has first all first ones, then all second ones.
        """
        normed = rms_norm(x, layer.attention_norm, self.epsilon)
        by = turns(pack.positions, self.d_key, self.base).astype(
            np.result_type(self.dtype, np.complex64)
        )
        n_shared = self.n_shared
        q = rotate(split_heads(normed @ layer.q, self.n_head), by)
        k = rotate(split_heads(normed @ layer.k, self.n_head // n_shared), by)
        v = split_heads(normed @ layer.v, self.n_head // n_shared)
        return q, np.repeat(k, n_shared, axis=0), np.repeat(v, n_shared, axis=0)
