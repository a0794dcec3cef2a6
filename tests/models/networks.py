"""Our networks beside `transformers`, with the weights of the real models, and what we publish.

Run where `torch` and `transformers` are installed: `python -m tests.models.networks FOLDER
[TEXTS]`, where FOLDER holds `model.safetensors`, `config.json` and `vocab.txt` of MiniLM and the
GGUF file of SmolLM2, at any depth. Prints the largest differences over so many texts (1000) of 1 to
512 tokens, and for the causal model over a fiftieth as many. Exit code 1: one is too large, a
published number is another, or the rounded numbers depend on the processor.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from sitegen.attention.core import Array
from sitegen.transformer.bpe import BPE
from sitegen.transformer.causal import Causal
from sitegen.transformer.encoder import Encoder, make_encoder
from sitegen.transformer.gguf import Gguf, open_gguf
from sitegen.transformer.safetensors import Tensors, open_safetensors
from sitegen.transformer.wordpiece import WordPiece
from tests.models import references

BAT, CAPITAL = "the bat flew at night", "The capital of France is"
EXACT, NEAR = 1e-13, 1e-5
"""How far float64 and float32 may be from float64 of `transformers`. (In float32 it is itself up to
5e-6 away: the sums of products of matrices are rounded, in whatever order they are made.)"""
KERNELS = "Nehalem", "Haswell", ""
Check = tuple[str, float, float]
"""What was compared, the largest difference, and the largest that is allowed."""


def main(folder: Path, count: int) -> int:
    """Compare all, print it, and count what is not as it should be."""
    checks = [*encoder_checks(folder, count), *causal_checks(folder, count // 50)]
    wrong = [name for name, found, allowed in checks if not found <= allowed]
    for name, found, allowed in checks:
        sys.stdout.write(f"{name}: {found:.2g} (at most {allowed:g})\n")
    wrong += [name for name, holds in published(folder) if not holds]
    wrong += ["rounded numbers on other processors"] if len(set(digests(folder))) > 1 else []
    sys.stdout.write(f"wrong: {wrong}\n")
    return min(1, len(wrong))


def file_of(folder: Path, name: str) -> Path:
    """The file of that name, at any depth; StopIteration if there is none."""
    return next(folder.rglob(name))


def open_encoder(folder: Path, dtype: str) -> Encoder:
    """MiniLM."""
    return make_encoder(*tensors_and_config(folder), dtype)


def open_reference(folder: Path, dtype: str = "float64") -> Any:
    """MiniLM, as `transformers` has it."""
    return references.encoder(*tensors_and_config(folder), dtype)


def tensors_and_config(folder: Path) -> tuple[Tensors, Any]:
    """What MiniLM is made of."""
    config = json.loads(file_of(folder, "config.json").read_bytes())
    return open_safetensors(file_of(folder, "model.safetensors")), config


def open_causal(folder: Path) -> Gguf:
    """SmolLM2."""
    return open_gguf(file_of(folder, "*.gguf"))


def wordpiece(folder: Path) -> WordPiece:
    """The words of MiniLM."""
    return WordPiece.from_lines(file_of(folder, "vocab.txt").read_text("utf-8").splitlines())


def texts(encode: Callable[[str], Any], count: int, longest: int = 512) -> Iterator[list[int]]:
    """Ids of texts of all scripts, short ones as often as long ones, the longest among them."""
    from tests.models.tokenizers import parts  # which holds every character there is

    random = Random(2017)  # noqa: S311
    for number in range(count):
        size = longest if number == 0 else round(longest ** random.random())
        ids = list(encode("".join(parts(random, 4 * size + 4))).ids)
        yield [*ids[: size - 1], ids[-1]]


def encoder_checks(folder: Path, count: int) -> list[Check]:
    """MiniLM in both types."""
    ours = {dtype: open_encoder(folder, dtype) for dtype in ("float64", "float32")}
    theirs = open_reference(folder)
    worst: dict[str, float] = {}
    for ids in texts(wordpiece(folder).encode, count):
        expected = references.run(theirs, ids)
        for dtype, model in ours.items():
            (trace,) = model.traces([ids])
            note(worst, f"minilm {dtype} attention", trace.attention, expected.attention)
            note(worst, f"minilm {dtype} hidden", trace.hidden, expected.hidden)
    return as_checks(worst)


def causal_checks(folder: Path, count: int) -> list[Check]:
    """SmolLM2 in both types."""
    weights = open_causal(folder)
    theirs = references.causal(weights)
    worst: dict[str, float] = {}
    for ids in texts(BPE.from_gguf(weights.metadata).encode, count):
        expected = references.run(theirs, ids)
        assert expected.log_p is not None
        bits = -expected.log_p[np.arange(len(ids) - 1), ids[1:]] / np.log(2)
        best = -np.sort(-np.exp(expected.log_p), axis=1)[:, :5]
        for dtype in ("float64", "float32"):
            model = Causal(weights, dtype)
            (trace,), found = model.traces([ids]), model.surprise(ids)
            assert not np.triu(trace.attention, 1).any()
            note(worst, f"smollm2 {dtype} attention", trace.attention, expected.attention)
            note(worst, f"smollm2 {dtype} bits", found.bits[1:], bits)
            note(worst, f"smollm2 {dtype} probabilities", found.probabilities[1:], best)
    return as_checks(worst)


def note(worst: dict[str, float], name: str, found: Array, expected: Array) -> None:
    """Remember the largest difference."""
    if found.size:
        worst[name] = max(worst.get(name, 0), float(abs(found - expected).max()))


def as_checks(worst: dict[str, float]) -> list[Check]:
    """With what is allowed: twenty times as much where numbers are not parts of 1."""
    types = {"float64": EXACT, "float32": NEAR}
    parts_of_1 = ("attention", "probabilities")
    return [
        (name, found, types[name.split()[1]] * (1 if name.endswith(parts_of_1) else 20))
        for name, found in worst.items()
    ]


def published(folder: Path) -> Iterator[tuple[str, bool]]:
    """What our texts say of the models."""
    (trace,) = open_encoder(folder, "float64").traces([wordpiece(folder).encode(BAT).ids])
    bat = trace.attention[:, :, 2]
    mean = np.round(bat.mean(axis=(0, 1)) * 100, 1).tolist()
    yield "bat, the mean of 72 heads", mean == [68.9, 6.4, 8.0, 6.8, 2.0, 3.4, 4.6]
    head = np.round(bat[0, 3] * 100).tolist()
    yield "bat, layer 1 head 4: flew, night, the", [head[i] for i in (3, 5, 1)] == [25, 23, 10]
    as_told = (bat[..., 3] >= 0.2) & (bat[..., 5] >= 0.2) & (bat[..., 1] < 0.05)
    yield "no head does what is told of attention", not as_told.any()
    weights = open_causal(folder)
    bpe, causal = BPE.from_gguf(weights.metadata), Causal(weights)
    read = bpe.encode(BAT)
    (seen,) = causal.traces([read.ids])
    yield "a causal bat has not seen flew", not seen.attention[:, :, 1, 2].any()
    told = causal.surprise(bpe.encode(CAPITAL).ids)
    word, probability = bpe.text_of(int(told.likeliest[-1, 0])), told.probabilities[-1, 0]
    yield "Paris", (word, round(float(probability), 3)) == (" Paris", 0.773)


def digests(folder: Path) -> Iterator[str]:
    """Of the rounded numbers, on other processors' kernels and with 1 and 2 threads."""
    for kernel in KERNELS:
        for threads in ("1", "2"):
            named = {"OPENBLAS_CORETYPE": kernel} if kernel else {}
            done = subprocess.run(
                [sys.executable, "-m", "tests.models.networks", str(folder), "digest"],
                env=os.environ | {"OPENBLAS_NUM_THREADS": threads} | named,
                capture_output=True,
                text=True,
                check=True,
            )
            sys.stdout.write(f"{kernel or 'this'}, {threads} thread(s): {done.stdout}")
            yield done.stdout


def digest(folder: Path) -> str:
    """Of what is published of ten texts of each model, rounded to ten-thousandths."""
    weights = open_causal(folder)
    encoder, causal = open_encoder(folder, "float64"), Causal(weights)
    bpe = BPE.from_gguf(weights.metadata)
    own, other = (list(texts(words.encode, 10, 64)) for words in (wordpiece(folder), bpe))
    traces = encoder.traces(own) + causal.traces(other)
    arrays: list[Any] = [each for trace in traces for each in (trace.attention, trace.value_norms)]
    arrays += [encoder.embeddings(own), *causal.surprise(other[0])]
    return hashlib.sha256(b"".join(rounded(arrays))).hexdigest()[:16]


def rounded(arrays: Sequence[Array]) -> Iterator[bytes]:
    """As whole ten-thousandths."""
    for array in arrays:
        yield np.rint(np.nan_to_num(array, nan=-1) * 1e4).astype(np.int64).tobytes()


if __name__ == "__main__":
    where, many = Path(sys.argv[1]), [*sys.argv[2:], "1000"][0]
    if many == "digest":
        sys.stdout.write(f"{digest(where)}\n")
    else:
        sys.exit(main(where, int(many)))
