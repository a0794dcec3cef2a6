"""Two tiny models of random weights, the same everywhere: 2 layers, 2 or 4 heads, d_model = 8.

Nothing of them is stored: the weights come from `sitegen.attention.seeds`, in float32 as in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sitegen.attention.seeds import normals

N_WORD, LONGEST = 40, 24
D_MODEL, D_INNER = 8, 16
TEXTS = [[7], [1, 5, 9, 5, 2], [3, 39, 0], [1, 8, 13, 21, 34, 4, 4, 38, 11, 2], [5, 5]]
"""Of several lengths, with a word that comes twice, the first word and the last."""

CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": D_MODEL,
    "intermediate_size": D_INNER,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": LONGEST,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "type_vocab_size": 2,
    "vocab_size": N_WORD,
}


def values(name: str, *shape: int) -> NDArray[np.float32]:
    """Numbers of a name: about 1 apart, but for matrices, which keep the size of what they turn."""
    scale = D_MODEL**-0.5 if len(shape) == 2 and "embeddings" not in name else 1.0
    return (normals(2018, name, *shape) * scale).astype(np.float32)


def encoder_tensors() -> dict[str, NDArray[np.float32]]:
    """By the names of `transformers`."""
    d, inner = D_MODEL, D_INNER
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (N_WORD, d),
        "embeddings.position_embeddings.weight": (LONGEST, d),
        "embeddings.token_type_embeddings.weight": (2, d),
        "embeddings.LayerNorm.weight": (d,),
        "embeddings.LayerNorm.bias": (d,),
    }
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        dense = dict.fromkeys(
            [f"attention.self.{name}" for name in ("query", "key", "value")], (d, d)
        )
        dense |= {"attention.output.dense": (d, d)}
        dense |= {"intermediate.dense": (inner, d), "output.dense": (d, inner)}
        for name, shape in dense.items():
            shapes |= {f"{layer}.{name}.weight": shape, f"{layer}.{name}.bias": shape[:1]}
        for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{layer}.{norm}.weight": (d,), f"{layer}.{norm}.bias": (d,)}
    return {name: values(name, *shape) for name, shape in shapes.items()}


class CausalWeights:
    """As a GGUF file would give them; four heads of queries share two of keys and values."""

    metadata: Mapping[str, Any] = {
        "general.architecture": "llama",
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.block_count": 2,
        "llama.context_length": LONGEST,
        "llama.embedding_length": D_MODEL,
        "llama.feed_forward_length": D_INNER,
        "llama.rope.dimension_count": 4,
        "llama.rope.freq_base": 100.0,
        "llama.vocab_size": N_WORD,
    }
    shapes: Mapping[str, tuple[int, ...]] = {
        "token_embd": (N_WORD, D_MODEL),
        "attn_q": (16, D_MODEL),
        "attn_k": (8, D_MODEL),
        "attn_v": (8, D_MODEL),
        "attn_output": (D_MODEL, 16),
        "ffn_gate": (D_INNER, D_MODEL),
        "ffn_up": (D_INNER, D_MODEL),
        "ffn_down": (D_MODEL, D_INNER),
    }

    def tensor(self, name: str) -> NDArray[np.float32]:
        """By the names of GGUF; what is no matrix is a norm."""
        return values(name, *self.shapes.get(name.split(".")[-2], (D_MODEL,)))

    def rows(self, name: str, indices: ArrayLike) -> NDArray[np.float32]:
        """Some rows of a matrix."""
        some: NDArray[np.float32] = self.tensor(name)[np.asarray(indices)]
        return some
