"""The picture is the numbers: a figure is read back and compared with the weights, cell by cell.

The reader below knows SVG and PNG by their specifications and nothing of how the sprite is made.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64decode
from typing import NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sitegen.errors import Span
from sitegen.figures.png import write_png
from sitegen.figures.scene import Scene
from sitegen.figures.spec import read_spec
from sitegen.figures.sprite import MOST_PLAIN, MOST_STROKED, write_sprite
from sitegen.figures.views import FIGURES, open_scene
from sitegen.figures.weights import UNIT, Units, levels, percents
from sitegen.model import Fence, Figure
from tests.figures import tree

Picture = NDArray[np.uint8]
SVG = "{http://www.w3.org/2000/svg}"
SWAPPED = "matrix(0 1 1 0 0 0)"


def read_picture(sprite: ET.Element, shape: tuple[int, int]) -> Picture:
    """The levels, 0 to 15, of every cell of a sprite of so many rows and columns."""
    images = list(sprite.iter(f"{SVG}image"))
    if not images:
        return read_strokes(sprite, shape)
    mask, rectangle = sprite.find(f"{SVG}mask"), sprite.find(f"{SVG}rect")
    assert mask is not None
    assert rectangle is not None
    assert rectangle.get("mask") == f"url(#{mask.get('id')})"
    assert (rectangle.get("height"), rectangle.get("width")) == tuple(map(str, shape))
    layers = [
        read_png(b64decode(image.get("href", "").partition("base64,")[2])) for image in images
    ]
    for image, layer in zip(images, layers, strict=True):
        assert (image.get("height"), image.get("width")) == tuple(map(str, layer.grey.shape))
    light = np.zeros_like(layers[0].grey)
    for layer in layers:  # the later one is laid on the earlier
        light = np.where(layer.opaque, layer.grey, light)
    swapped = [group.get("transform") for group in mask.iter(f"{SVG}g")]
    assert swapped in ([], [SWAPPED])
    assert not (light % 17).any(), "a grey between two levels"
    return (light.T if swapped else light) // 17


def read_strokes(sprite: ET.Element, shape: tuple[int, int]) -> Picture:
    """The cells that lines of the width 1 cover, by the opacity of each."""
    (group,) = sprite.findall(f"{SVG}g")
    assert group.get("transform") == SWAPPED
    picture = np.zeros(shape[::-1], np.uint8)
    for path in group.iter(f"{SVG}path"):
        level = round(float(path.get("stroke-opacity", "")) * 15)
        assert path.get("class") == f"level-{level}"
        x = y = 0.0
        for kind, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path.get("d", "")):
            moved = [float(number) for number in numbers.split()]
            if kind == "M":
                x, y = moved
            elif kind == "m":
                x, y = x + moved[0], y + moved[1]
            else:
                assert y % 1 == 0.5, "not in the middle of a cell"
                assert not picture[int(y), int(x) : int(x + moved[0])].any(), "drawn twice"
                picture[int(y), int(x) : int(x + moved[0])] = level
                x += moved[0]
    return picture.T


class Layer(NamedTuple):
    """A PNG as it is shown: greys from 0 to 255, and where it has no hole."""

    grey: Picture
    opaque: NDArray[np.bool_]


def read_png(file: bytes) -> Layer:
    """Grey or palette, 1 to 4 bits, no filter, a colour without opacity."""
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = dict[bytes, bytes](), 8
    while at < len(file):
        (length,) = struct.unpack_from(">I", file, at)
        kind, body = file[at + 4 : at + 8], file[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", file, at + 8 + length) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        at += 12 + length
    assert list(chunks)[-1] == b"IEND"
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert rest == [0, 0, 0]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any(), "a filter"
    bits = np.unpackbits(rows[:, 1:], axis=1).reshape(height, -1, depth)
    values = (bits << np.arange(depth)[::-1]).sum(axis=-1)[:, :width]
    if colour == 3:
        palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
        assert (palette == palette[:, :1]).all(), "not grey"
        return Layer(palette[values, 0], np.ones(values.shape, np.bool_))
    assert colour == 0
    opaque = np.ones(values.shape, np.bool_)
    if b"tRNS" in chunks:
        opaque = values != struct.unpack(">H", chunks[b"tRNS"])[0]
    return Layer((values * 255 // (2**depth - 1)).astype(np.uint8), opaque)


def read_sprite(svg: str, units: Units) -> Picture:
    """The levels of every panel, `[n_row, n_column, n_query, n_key]`, from the markup around."""
    bare = svg.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    root = tree(f'<x xmlns="http://www.w3.org/2000/svg">{bare}</x>')
    (sprite,) = (g for g in root.iter(f"{SVG}g") if (g.get("id") or "").endswith(".cells"))
    n_row, n_column, n_query, n_key = units.shape
    picture = read_picture(sprite, (n_row * n_query, n_column * n_key))
    return picture.reshape(n_row, n_query, n_column, n_key).transpose(0, 2, 1, 3)


def scene(n: int, more: str) -> Scene:
    words = " ".join(f"w{i}" for i in range(n))
    block = f"model: toy\ntext: {words}\nseed: 5\n{more}"
    return open_scene(read_spec(Fence(id="f", text=block, span=Span("a.md", 1))))


def drawn(of: Scene) -> Figure:
    return FIGURES[of.spec.view](of)


SCENES = {
    "one head of four tokens": (4, "d_model: 4"),
    "one token": (1, "d_model: 4"),
    "twelve heads": (7, "d_model: 24\nheads: 12\nhead: 5"),
    "twelve heads, causal": (7, "d_model: 24\nheads: 12\nhead: 12\ncausal: yes"),
    "72 heads": (7, "d_model: 24\nlayers: 6\nheads: 12\nlayer: 6"),
    "72 heads, causal": (7, "d_model: 24\nlayers: 6\nheads: 12\ncausal: yes"),
    "72 heads of 24 tokens": (24, "d_model: 24\nlayers: 6\nheads: 12\nlayer: 2"),
    "72 long heads": (64, "d_model: 24\nlayers: 6\nheads: 12\nhead: 3"),
    "72 long heads, causal": (64, "d_model: 24\nlayers: 6\nheads: 12\ncausal: yes"),
    "72 sharp heads": (64, "d_model: 24\nlayers: 6\nheads: 12\nscale: 9"),
    "uniform": (8, "d_model: 4\nheads: 2\nscale: 0"),
    "uniform and long": (64, "d_model: 4\nheads: 2\nscale: 0"),
    "each itself alone": (5, "d_model: 8\nheads: 4\nscale: 900\ncausal: yes"),
}


@pytest.mark.parametrize("view", ["heatmap", "heads"])
@pytest.mark.parametrize(("n", "more"), SCENES.values(), ids=SCENES)
def test_a_page_shows_every_cell_of_every_head(n: int, more: str, view: str) -> None:
    of = scene(n, f"{more}\nview: {view}")
    assert (read_sprite(drawn(of).html, of.weights.units) == levels(of.weights.units)).all()


@pytest.mark.parametrize(("n", "more"), SCENES.values(), ids=SCENES)
def test_a_file_shows_every_cell_of_the_authors_head(n: int, more: str) -> None:
    of = scene(n, more)
    panel = of.panel[None, None]
    assert (read_sprite(drawn(of).svg, panel) == levels(panel)).all()


def test_a_file_of_all_heads_shows_every_cell_of_them() -> None:
    of = scene(7, "d_model: 24\nlayers: 6\nheads: 12\nview: heads")
    assert (read_sprite(drawn(of).svg, of.weights.units) == levels(of.weights.units)).all()


def test_all_ways_to_draw_are_all_in_use() -> None:
    def ways(n: int, more: str) -> tuple[int, int, bool]:
        html = drawn(scene(n, more)).html
        return html.count('class="level-'), html.count("<image"), SWAPPED in html

    strokes, images, _ = ways(*SCENES["twelve heads"])
    assert strokes > 3
    assert images == 0
    assert ways(*SCENES["72 heads"]) == (0, 1, False)
    assert ways(*SCENES["72 long heads"]) == (0, 2, True)
    assert ways(*SCENES["72 heads of 24 tokens"]) == (0, 1, True)


@st.composite
def all_units(draw: st.DrawFn) -> Units:
    """Weights of any panels: a few values often, or any at all."""
    rows, columns, n = (draw(st.integers(1, most)) for most in (3, 4, 12))
    some = st.sampled_from([0, 1, UNIT // 15, UNIT // 5, UNIT // 2, UNIT])
    value = draw(st.sampled_from([some, st.integers(0, UNIT)]))
    return draw(arrays(np.int64, (rows, columns, n, n), elements=value, fill=st.just(0)))


@settings(max_examples=60, deadline=None)
@given(all_units())
def test_any_weights_are_read_back_from_their_sprite(units: Units) -> None:
    assert (read_sprite(write_sprite(units, "a.cells"), units) == levels(units)).all()


@pytest.mark.parametrize("sides", [(1, 1, 40), (1, 1, 41), (1, 1, 100), (1, 1, 101), (2, 25, 15)])
def test_nothing_is_lost_where_one_way_to_draw_ends(sides: tuple[int, int, int]) -> None:
    rows, columns, n = sides
    units = np.arange(rows * columns * n * n).reshape(rows, columns, n, n) * 7919 % (UNIT + 1)
    units = units * 7919 % (UNIT + 1)
    assert len(np.unique(levels(units))) == 16
    assert (read_sprite(write_sprite(units, "a.cells"), units) == levels(units)).all()


def test_those_ends_are_where_the_test_above_looks() -> None:
    assert (MOST_STROKED, MOST_PLAIN) == (40**2, 100**2)


@given(st.data())
def test_a_png_is_read_back(data: st.DataObject) -> None:
    depth = data.draw(st.sampled_from([1, 2, 4]))
    shape = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    values = data.draw(arrays(np.uint8, shape, elements=st.integers(0, 2**depth - 1)))
    grey, whole = read_png(write_png(values, depth, hole=False))
    assert (grey == values * (255 // (2**depth - 1))).all()
    assert whole.all()
    assert (read_png(write_png(values, depth, hole=True)).opaque == (values > 0)).all()
    greys = bytes(range(7, 7 + 2**depth))
    assert (read_png(write_png(values, depth, greys, hole=False)).grey == values + 7).all()


@given(st.data())
def test_percents_of_a_row_sum_to_100_and_each_is_within_one(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 64))
    parts = np.array(data.draw(st.lists(st.integers(0, 10**6), min_size=n, max_size=n))) + 0.0
    parts[data.draw(st.integers(0, n - 1))] += 1
    units = np.rint(parts / parts.sum() * UNIT).astype(np.int64)[None, :]
    shares = percents(units)
    assert shares.sum() == 100
    assert (shares >= 0).all()
    assert (np.abs(shares - units / UNIT * 100) < 1).all()
    larger = units[0, :, None] > units[0, None, :]
    assert (shares[0, :, None] >= shares[0, None, :])[larger].all()


@given(st.integers(0, UNIT))
def test_a_level_is_the_nearest_fifteenth_whatever_stands_beside_it(weight: int) -> None:
    alone = levels(np.array([weight]))[0]
    assert levels(np.array([weight, 0, UNIT]))[0] == alone
    assert abs(int(alone) / 15 - weight / UNIT) <= 1 / 30 + 1e-9
