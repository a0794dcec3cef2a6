"""`figures.lock`: what real models made of the texts of a site, so that no build needs the models.

Comes in: the bytes of the file. Goes out: a line for each prompt, its reading where it is asked
for, and new bytes. A line is a JSON object by itself and lines are sorted, so that two branches
which added figures can be merged. A line counts only for the weights and the way of computing
that it was made with.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping

import msgspec

from sitegen.errors import LockError, Span
from sitegen.memo import digest
from sitegen.model import MOST_CELLS, WEIGHT, Piece, Prompt, Quantity, Reading, Value
from sitegen.models.table import MODELS

LOCK = "figures.lock"
REVISION = 2
"""Of how readings are computed: whatever changes a number of one makes it another."""
PLANES = 4  # bytes of a cell
Lines = Mapping[Prompt, bytes]
"""The line of each prompt, without its end."""


class _Key(Value, frozen=True):
    """What a line is of."""

    model: str
    weights: str
    revision: int
    quantity: Quantity
    text: str


class _Line(_Key, frozen=True, kw_only=True):
    """A line. `cells` lie in planes, all lowest bytes first, compressed, in Base64."""

    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]
    likeliest: tuple[tuple[tuple[str, int], ...], ...] = ()
    cells: bytes
    sum: str
    """A digest of all the rest."""


def read_lock(raw: bytes) -> dict[Prompt, bytes]:
    """The lines that count, by prompt. Raises an ExceptionGroup of LockErrors, all at once."""
    lines: dict[Prompt, bytes] = {}
    wrong: list[LockError] = []
    for number, line in enumerate(raw.splitlines(), 1):
        if not line.strip():
            continue
        try:
            key = msgspec.json.decode(line, type=_Key)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            wrong.append(_damaged(Span(LOCK, number)))
            continue
        if key.weights == _weights(key.model) and key.revision == REVISION:
            prompt = Prompt(model=key.model, quantity=key.quantity, text=key.text)
            lines[prompt] = line.strip()
    if wrong:
        raise ExceptionGroup("damaged lines", wrong)
    return lines


def _damaged(span: Span | None = None) -> LockError:
    return LockError(
        f"what {LOCK} has of this text is damaged" if span is None else "this line is damaged",
        span,
        "take the file from your last commit; or delete the line, and build where the models are",
    )


def reading_of(prompt: Prompt, line: bytes) -> Reading:
    """The reading in a line. Raises `LockError` where it is not as it was written."""
    try:
        row = msgspec.json.decode(line, type=_Line)
        cells = _unpack(row.cells, row.shape)
        reading = Reading(pieces=row.pieces, shape=row.shape, cells=cells, likeliest=row.likeliest)
        if row.sum == _sum(prompt, reading) and _is_sound(prompt, reading):
            return reading
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError, zlib.error) as error:
        raise _damaged() from error
    raise _damaged()


BOUNDS: Mapping[Quantity, tuple[int, int]] = {
    "weight": (0, WEIGHT),
    "norm": (0, WEIGHT),
    "rollout": (0, WEIGHT),
    "mark": (0, WEIGHT),
    "lines": (-WEIGHT, WEIGHT),
    "surprise": (-1, 10**6),
}


def _is_sound(prompt: Prompt, reading: Reading) -> bool:
    """Whether a figure can be drawn of it, whoever wrote it."""
    from sitegen.models.cells import cells_of  # NumPy is slow to import; most builds need no cell

    low, high = BOUNDS[prompt.quantity]
    values = cells_of(reading)
    n, model = len(reading.pieces), MODELS[prompt.model]
    shapes = {"surprise": (n,), "lines": reading.shape[:1] * 2, "mark": (n, n)}
    heads = 1 if prompt.quantity == "rollout" else model.heads
    expected = shapes.get(prompt.quantity, (model.layers, heads, n, n))
    sound = (
        values.size > 0
        and low <= values.min()
        and values.max() <= high
        and reading.shape == expected
        and all(0 <= each.start <= each.end <= len(prompt.text) for each in reading.pieces)
        and len(reading.likeliest) in {0, n}
    )
    if not sound or prompt.quantity in {"surprise", "lines"}:
        return sound
    rows = values.sum(axis=-1)
    return bool((rows == WEIGHT).all()) and not all(each.special for each in reading.pieces)


def line_of(prompt: Prompt, reading: Reading) -> bytes:
    """The line of a reading."""
    row = _Line(
        model=prompt.model,
        weights=_weights(prompt.model),
        revision=REVISION,
        quantity=prompt.quantity,
        text=prompt.text,
        shape=reading.shape,
        pieces=reading.pieces,
        likeliest=reading.likeliest,
        cells=_pack(reading.cells),
        sum=_sum(prompt, reading),
    )
    return msgspec.json.encode(row)


def write_lock(lines: Lines) -> bytes:
    """The file: its lines in the order of their prompts."""
    return b"".join(lines[prompt] + b"\n" for prompt in sorted(lines))


def digest_of(lines: Lines, prompts: Iterable[Prompt]) -> bytes:
    """A digest of what is known of these prompts; what is not known counts, too."""
    return digest(*(lines.get(prompt, b"") for prompt in prompts))


def _weights(model: str) -> str:
    """Which weights a model has, in twelve digits; "" for a model that is not known."""
    return MODELS[model].weights_sha256[:12] if model in MODELS else ""


def _sum(prompt: Prompt, reading: Reading) -> str:
    return digest(msgspec.msgpack.encode((prompt, reading))).hex()[:16]


def _pack(cells: bytes) -> bytes:
    planes = b"".join(cells[plane::PLANES] for plane in range(PLANES))
    return zlib.compress(planes, 9)


def _unpack(packed: bytes, shape: tuple[int, ...]) -> bytes:
    """Cells from planes; raises `ValueError` where there are not as many as there must be."""
    count = math.prod(shape)
    if not 0 <= count <= MOST_CELLS or min(shape, default=0) < 0:
        raise ValueError("no such shape")
    inflate = zlib.decompressobj()
    planes = inflate.decompress(packed, count * PLANES + 1)
    if len(planes) != count * PLANES or not inflate.eof:
        raise ValueError("other cells than its shape has")
    cells = bytearray(len(planes))
    for plane in range(PLANES):
        cells[plane::PLANES] = planes[plane * count : (plane + 1) * count]
    return bytes(cells)
