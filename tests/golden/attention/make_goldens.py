"""What PyTorch makes of the same numbers, for tests that have no PyTorch.

Run with PyTorch: `python -m tests.golden.attention.make_goldens`, which writes `torch.npz` beside
this file. Inputs are not stored: they come from `sitegen.attention.seeds`, everywhere alike.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np

from sitegen.attention.core import Array, Mask, Projections, causal_mask
from sitegen.attention.seeds import normals

GOLDEN = Path(__file__).with_name("torch.npz")
SEED = 2017
N_TOKEN, D_MODEL, N_HEAD = 6, 512, 8
"""The width and the heads of the base Transformer."""


def queries_keys_values() -> tuple[Array, Array, Array]:
    """`q[3, 9, 64]`, `k[3, 9, 64]` and `v[3, 9, 5]`, three examples at once."""
    return normals(SEED, "q", 3, 9, 64), normals(SEED, "k", 3, 9, 64), normals(SEED, "v", 3, 9, 5)


def masks() -> dict[str, Mask | None]:
    """Nothing hidden, the future hidden, and any two thirds hidden but each token from itself."""
    some = (normals(SEED, "mask", 9, 9) > 0.4) | np.eye(9, dtype=np.bool_)
    return {"plain": None, "causal": causal_mask(9, 9), "masked": some}


def tokens_and_projections() -> tuple[Array, Projections]:
    """`x[6, 512]` and projections `[512, 512]` that keep its variance."""
    x = normals(SEED, "x", N_TOKEN, D_MODEL)
    w = (normals(SEED, name, D_MODEL, D_MODEL) / np.sqrt(D_MODEL) for name in "QKVO")
    return x, Projections(*w)


def main() -> None:
    """Write the outputs of PyTorch, in float64."""
    torch = import_module("torch")
    arrays: dict[str, Array] = {}

    one, other, values = (torch.from_numpy(each) for each in queries_keys_values())
    for name, mask in masks().items():
        options = {"is_causal": True} if name == "causal" else {}
        if name == "masked":
            options = {"attn_mask": torch.from_numpy(mask)}  # True: may be seen
        attend = torch.nn.functional.scaled_dot_product_attention
        arrays[f"sdpa_{name}"] = attend(one, other, values, **options).numpy()

    x, w = tokens_and_projections()
    layer = torch.nn.MultiheadAttention(
        D_MODEL, N_HEAD, bias=False, batch_first=True, dtype=torch.float64
    )
    with torch.no_grad():  # PyTorch's linear layers multiply by the transposed matrix
        layer.in_proj_weight.copy_(torch.from_numpy(np.concatenate([w.q.T, w.k.T, w.v.T])))
        layer.out_proj.weight.copy_(torch.from_numpy(w.o.T.copy()))
        for name, mask in (("plain", None), ("causal", causal_mask(N_TOKEN, N_TOKEN))):
            hidden = None if mask is None else torch.from_numpy(~mask)  # True: may not be seen
            vectors = torch.from_numpy(x)
            output, weights = layer(
                vectors, vectors, vectors, attn_mask=hidden, average_attn_weights=False
            )
            arrays[f"mha_{name}_output"] = output.numpy()
            arrays[f"mha_{name}_weights"] = weights.numpy()
    np.savez(GOLDEN, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
