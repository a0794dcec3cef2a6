"""What `transformers` makes of the tiny models, for tests that have no PyTorch.

Run with PyTorch: `python -m tests.golden.transformer.make_goldens`, which writes
`transformers.npz` beside this file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sitegen.attention.core import Array
from tests.golden.transformer.tiny import CONFIG, TEXTS, CausalWeights, encoder_tensors
from tests.models import references

GOLDEN = Path(__file__).with_name("transformers.npz")


def main() -> None:
    """Write the outputs of `transformers`, in float64."""
    arrays: dict[str, Array] = {}
    models = {
        "encoder": references.encoder(encoder_tensors(), CONFIG),
        "causal": references.causal(CausalWeights()),
    }
    for name, model in models.items():
        for number, ids in enumerate(TEXTS):
            for key, array in references.run(model, ids)._asdict().items():
                if array is not None:
                    arrays[f"{name}_{number}_{key}"] = array
    np.savez_compressed(GOLDEN, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
