"""What `transformers` makes of weights, in float64 all the way: the reference of ours.

Comes in: weights as our own networks take them. Goes out: models of PyTorch and what they give. Of
the Llama family `transformers` computes norms, weights and turns in float32 whatever it was asked
for, which is wrong by 6e-6 in the weights of a text of 300 tokens: here these are computed exactly.
Needs `torch` and `transformers`, which the tests themselves do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sitegen.attention.core import Array
from sitegen.transformer.causal import Weights

NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""What GGUF calls the parts of a layer, and what `transformers` does."""


class Expected(NamedTuple):
    """`attention[n_layer, n_head, n, n]`, `hidden[n_layer + 1, n, d_model]`, `log_p[n, n_word]`.

    `log_p` are natural logarithms of the probability of each next word; of an encoder there are
    none. The last `hidden` of a causal model is normed.
    """

    attention: Array
    hidden: Array
    log_p: Array | None


def encoder(
    tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any], dtype: str = "float64"
) -> Any:
    """A `BertModel` with eager attention."""
    torch, transformers = import_module("torch"), import_module("transformers")
    made = transformers.BertConfig(**config)
    made._attn_implementation = "eager"  # noqa: SLF001
    model = transformers.BertModel(made).to(getattr(torch, dtype)).eval()
    state = {name: torch.from_numpy(np.array(each)) for name, each in tensors.items()}
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert not [name for name in missing if "pooler" not in name], missing
    return model


def causal(weights: Weights, dtype: str = "float64") -> Any:
    """A `LlamaForCausalLM` with eager attention and, in float64, nothing in float32."""
    torch, transformers = import_module("torch"), import_module("transformers")
    known = weights.metadata
    n_head, n_shared = (known[f"llama.attention.head_count{kind}"] for kind in ("", "_kv"))
    config = transformers.LlamaConfig(
        vocab_size=known["llama.vocab_size"],
        hidden_size=known["llama.embedding_length"],
        intermediate_size=known["llama.feed_forward_length"],
        num_hidden_layers=known["llama.block_count"],
        num_attention_heads=n_head,
        num_key_value_heads=n_shared,
        head_dim=known["llama.rope.dimension_count"],
        rms_norm_eps=known["llama.attention.layer_norm_rms_epsilon"],
        max_position_embeddings=known["llama.context_length"],
        rope_parameters={"rope_type": "default", "rope_theta": known["llama.rope.freq_base"]},
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    model = transformers.LlamaForCausalLM(config).to(getattr(torch, dtype)).eval()
    words, norm = weights.tensor("token_embd.weight"), weights.tensor("output_norm.weight")
    state = {"model.embed_tokens.weight": words, "lm_head.weight": words, "model.norm.weight": norm}
    heads = {"attn_q": n_head, "attn_k": n_shared}
    for layer in range(known["llama.block_count"]):
        for ours, theirs in NAMES.items():
            tensor = weights.tensor(f"blk.{layer}.{ours}.weight")
            ordered = _halves(tensor, heads[ours]) if ours in heads else tensor
            state[f"model.layers.{layer}.{theirs}.weight"] = ordered
    model.load_state_dict({name: torch.from_numpy(np.array(each)) for name, each in state.items()})
    if dtype == "float64":
        _make_exact(model, known["llama.rope.dimension_count"], known["llama.rope.freq_base"])
    return model


def _halves(w: NDArray[np.float32], n_head: int) -> NDArray[np.float32]:
    """Rows of each head from pairs, as GGUF has them, to all first ones and all second ones."""
    return w.reshape(n_head, -1, 2, w.shape[1]).swapaxes(1, 2).reshape(w.shape)


def _make_exact(model: Any, d_key: int, base: float) -> None:
    """Replace what computes in float32: turns, norms, and the softmax of every such model."""
    torch = import_module("torch")
    llama = import_module("transformers.models.llama.modeling_llama")

    def turns(x: Any, position_ids: Any) -> Any:
        frequencies = base ** (-torch.arange(0, d_key, 2, dtype=torch.float64) / d_key)
        angles = torch.outer(position_ids[0].double(), frequencies).repeat(1, 2)[None]
        return angles.cos().to(x.dtype), angles.sin().to(x.dtype)

    def norm(of: Any) -> Any:
        return lambda x: of.weight * x * torch.rsqrt((x * x).mean(-1, True) + of.variance_epsilon)

    model.model.rotary_emb.forward = turns
    for module in model.modules():
        if isinstance(module, llama.LlamaRMSNorm):
            module.forward = norm(module)
    plain = torch.nn.functional.softmax
    if plain.__name__ != "softmax_in_own_type":

        def softmax_in_own_type(x: Any, dim: int = -1, dtype: Any = None) -> Any:
            return plain(x, dim=dim, dtype=None if x.dtype == torch.float64 else dtype)

        torch.nn.functional.softmax = softmax_in_own_type


def run(model: Any, ids: Sequence[int]) -> Expected:
    """What a model of PyTorch gives for one text."""
    torch = import_module("torch")
    with torch.no_grad():
        out = model(torch.tensor([list(ids)]), output_attentions=True, output_hidden_states=True)
        logits = getattr(out, "logits", None)
        return Expected(
            torch.cat(out.attentions).numpy(),
            torch.cat(out.hidden_states).numpy(),
            None if logits is None else torch.log_softmax(logits[0], -1).numpy(),
        )
