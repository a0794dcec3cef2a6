"""The pages that BertViz, CircuitsVis and Inspectus make of the same weights; run in their venv.

    python pages.py WEIGHTS.npz FOLDER

Comes in: `attention[n_layer, n_head, n, n]` and `tokens[n]`. Goes out: one HTML page a peer, each
made by the call that its manual shows, with the float32 weights that transformers gives its users.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{0}</title>'
    '<body><main id="figure"><h1>{0}</h1>{1}</main></body></html>'
)


def bertviz(layers: list[Any], tokens: list[str]) -> str:
    """The head view: lines between words, one layer at a time."""
    view: str = import_module("bertviz").head_view(layers, tokens, html_action="return").data
    return view


def circuitsvis(layers: list[Any], tokens: list[str]) -> str:
    """All heads, with the script in the page; not masked, as the weights may be an encoder's."""
    heads = import_module("torch").cat(layers).flatten(0, 1)  # [n_layer * n_head, n, n]
    n_head = layers[0].shape[1]
    names = [f"L{i // n_head + 1}H{i % n_head + 1}" for i in range(len(heads))]
    draw = import_module("circuitsvis.attention").attention_heads
    made = draw(attention=heads, tokens=tokens, attention_head_names=names, mask_upper_tri=False)
    html: str = made.local_src
    return html


def inspectus(layers: list[Any], tokens: list[str]) -> str:
    """What a notebook would be given to display."""
    shown: list[str] = []
    notebook: Any = import_module("IPython.display")
    notebook.display = lambda html: shown.append(html.data)
    import_module("inspectus").attention(layers, tokens)
    return "".join(shown)


def main() -> None:
    """Write the page of each peer."""
    given, folder = np.load(sys.argv[1]), Path(sys.argv[2])
    tokens = [str(token) for token in given["tokens"]]
    tensor = import_module("torch").tensor
    layers = [tensor(layer[None], dtype=tensor(0.0).dtype) for layer in given["attention"]]
    for draw in (bertviz, circuitsvis, inspectus):
        page = PAGE.format(draw.__name__, draw(layers, tokens))
        (folder / f"{draw.__name__}.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
