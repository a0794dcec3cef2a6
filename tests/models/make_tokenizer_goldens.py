"""A few hundred texts as the `tokenizers` library cuts them, for tests that have neither it nor
the vocabularies.

Run where `tokenizers` is installed: `python -m tests.models.make_tokenizer_goldens FOLDER`, FOLDER
as for `tests.models.tokenizers`. Writes `tests/golden/tokenizers/golden.json`: ids and offsets (one
after the other), and of each vocabulary what these texts need, with the ids that it really has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from sitegen.transformer.bpe import PARTS, PREFIX
from sitegen.transformer.gguf import open_gguf
from sitegen.transformer.wordpiece import FIRST, LAST, UNKNOWN
from tests.models.tokenizers import (
    LONG,
    WORDS,
    Encoded,
    find_files,
    parts,
    reference_bpe,
    reference_wordpiece,
)

GOLDEN = Path(__file__).parents[1] / "golden/tokenizers/golden.json"
ESSAY = """The bat flew out that night, and the night — 10 o'clock — didn't look back.
“Attention,” she said; “isn't it all you need?”  (No: it's only what I'd *give*.)

\tعن الخفاش: طار الليلة.  コウモリは夜に飛んだ。 Der Nachtfalter flog über die Straße.
"""
N_RANDOM = 150


def main() -> None:
    """Cut the texts, and keep of the vocabularies what was used."""
    vocabulary, gguf = find_files(Path(sys.argv[1]))
    random = Random(13)  # noqa: S311
    drawn = ("".join(parts(random, random.randrange(1, 9))) for _ in range(N_RANDOM))
    long = [each for each in LONG if each[0] in "ae" and len(each) < 250]
    texts = [*dict.fromkeys(["", ESSAY, *ESSAY.splitlines(), *WORDS, *long, *drawn])]
    pieces = vocabulary.read_text(encoding="utf-8").splitlines()
    metadata = open_gguf(gguf).metadata
    cut = reference_wordpiece({piece: i for i, piece in enumerate(pieces)})(texts)
    merged = reference_bpe(metadata)(texts)
    golden = {
        "wordpiece": {"vocabulary": some_pieces(pieces, cut), "texts": flat(texts, cut)},
        "bpe": some_merges(metadata, merged) | {"texts": flat(texts, merged)},
    }
    text = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    GOLDEN.write_text(text.replace("],[", "],\n[") + "\n", encoding="ascii")


def flat(texts: list[str], found: list[Encoded]) -> list[Any]:
    """Rows: a text, its ids, its offsets in one list."""
    rows = zip(texts, found, strict=True)
    return [[text, each.ids, [i for pair in each.offsets for i in pair]] for text, each in rows]


def some_pieces(pieces: list[str], found: list[Encoded]) -> dict[str, int]:
    """The pieces that were used, and those that each text needs."""
    used = {pieces[i] for each in found for i in each.ids} | {FIRST, LAST, UNKNOWN}
    return {piece: i for i, piece in enumerate(pieces) if piece in used}


def some_merges(metadata: Mapping[str, Any], found: list[Encoded]) -> dict[str, Any]:
    """The tokens that were used and single bytes, and the merges that lead to them."""
    tokens, merges = (metadata[PREFIX + name] for name in PARTS)
    made_of = {merge.replace(" ", "", 1): merge for merge in merges}
    used = set[str](token for token in tokens if len(token) == 1)
    for i in {i for each in found for i in each.ids}:
        used.update(steps_to(tokens[i], made_of))
    return {
        "vocabulary": {token: i for i, token in enumerate(tokens) if token in used},
        "merges": [merge for token, merge in made_of.items() if token in used],
    }


def steps_to(token: str, made_of: Mapping[str, str]) -> Iterator[str]:
    """The token and all that it was merged from."""
    yield token
    for part in made_of.get(token, "").split():
        yield from steps_to(part, made_of)


if __name__ == "__main__":
    main()
