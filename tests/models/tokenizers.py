"""Our tokenizers beside the `tokenizers` library, with the vocabularies of the real models.

Run where `tokenizers` is installed: `python -m tests.models.tokenizers FOLDER`, where FOLDER holds
`vocab.txt` of MiniLM and the GGUF file of SmolLM2, at any depth. Compares ids and offsets of more
than 100,000 texts and prints the first that differ. Exit code 1: some do, or too few were compared.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from sitegen.transformer.bpe import BPE, PARTS, PREFIX, SPELLING
from sitegen.transformer.gguf import open_gguf
from sitegen.transformer.tokens import Tokens
from sitegen.transformer.wordpiece import FIRST, LAST, UNKNOWN, WordPiece

EVERY = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
BLANKS = [char for char in EVERY if char.isspace()]
MARKS = [
    char for char in EVERY if unicodedata.combining(char) or char in "\u0344\u0f73\u0f75\u0f81"
]
WORDS = """
the bat flew that night it'll don't WE'RE she'd I'm 's 'tis attention unaffordably
Ünïcödé naïve ﬁancée Straße İstanbul ΣΊΣΥΦΟΣ Ǆ ᾳ Ω №5 x² ½ Ⅷ 12345 3.14 ٣٤٥ १२३ 注意力 東京
ひらがな 한국어 각 𐐀 العربية עִבְרִית हिन्दी ไทย བོད 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇫🇷 é e\u0301
a\u0323\u0302 \u0301 [CLS] [SEP] [MASK] [UNK] ##ing <|im_start|> <|im_end|>
<|endoftext|> <repo_name> a\u00adb zero\u200bwidth \ufeff \x00 \x1c \x85 — … “q” ’s
""".split()  # noqa: SIM905
SPACES = ["", "", " ", " ", " ", "  ", "\n", "\n\n  ", "\t", "\r\n", "\u00a0", "\u3000"]
LONG = [mark * n for mark in ("a", "é", "e\u0301", "字", "!", "😀") for n in (99, 100, 101, 5000)]
RANDOM_TEXTS, FEWEST, AT_ONCE, SHOWN = 40_000, 100_000, 2000, 20


class Encoded(NamedTuple):
    """What must not differ."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class Pair(NamedTuple):
    """A tokenizer of ours and what the library makes of many texts."""

    name: str
    ours: Callable[[str], Tokens]
    theirs: Callable[[Sequence[str]], list[Encoded]]


def main() -> int:
    """Compare, and say what was compared."""
    [folder] = sys.argv[1:] or ["."]
    return max([compare(pair) for pair in find_pairs(Path(folder))], default=1)


def find_pairs(folder: Path) -> Iterator[Pair]:
    """Ours and theirs, of each model."""
    vocabulary, gguf = find_files(folder)
    lines = vocabulary.read_text(encoding="utf-8").splitlines()
    ids = {line: i for i, line in enumerate(lines)}
    yield Pair("WordPiece", WordPiece.from_lines(lines).encode, reference_wordpiece(ids))
    metadata = open_gguf(gguf).metadata
    yield Pair("BPE", BPE.from_gguf(metadata).encode, reference_bpe(metadata))


def find_files(folder: Path) -> list[Path]:
    """The two vocabularies; FileNotFoundError if one is not there."""
    found = [next(folder.rglob(name), None) for name in ("vocab.txt", "*.gguf")]
    there = [path for path in found if path]
    if len(there) < len(found):
        raise FileNotFoundError(f"vocab.txt and a GGUF file in {folder}")
    return there


def reference_wordpiece(ids: Mapping[str, int]) -> Callable[[Sequence[str]], list[Encoded]]:
    """The library as the `tokenizer.json` of MiniLM sets it up."""
    library = import_module("tokenizers")
    one = library.Tokenizer(library.models.WordPiece(dict(ids), unk_token=UNKNOWN))
    one.normalizer = library.normalizers.BertNormalizer()
    one.pre_tokenizer = library.pre_tokenizers.BertPreTokenizer()
    ends = (LAST, ids[LAST]), (FIRST, ids[FIRST])
    one.post_processor = library.processors.BertProcessing(*ends)
    one.add_special_tokens([each for each in ids if each[0] + each[-1] == "[]" and each.isupper()])
    one.encode_special_tokens = True  # which means: what is typed is text
    return lambda texts: [Encoded(each.ids, each.offsets) for each in one.encode_batch(texts)]


def reference_bpe(metadata: Mapping[str, Any]) -> Callable[[Sequence[str]], list[Encoded]]:
    """The library as the `tokenizer.json` of SmolLM2 sets it up.

    It leaves out bytes that the vocabulary lacks, and gives the tokens after them in a word wrong
    offsets. Those are counted anew, from its own words and tokens.
    """
    tokens, merges = (metadata[PREFIX + name] for name in PARTS)
    ids = {token: i for i, token in enumerate(tokens)}
    lacking = {byte for byte, letter in enumerate(SPELLING) if letter not in ids}
    one = one_bpe(ids, merges)

    def encode(texts: Sequence[str]) -> list[Encoded]:
        found = []
        for text, each in zip(texts, one.encode_batch(texts), strict=True):
            wrong = not lacking.isdisjoint(text.encode())
            offsets = count_anew(one, text, each.tokens) if wrong else each.offsets
            found.append(Encoded(each.ids, offsets))
        return found

    return encode


def count_anew(one: Any, text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """The offsets of tokens, whose letters are those of the words without those it leaves out."""
    kept = [
        place
        for spelt, (start, end) in one.pre_tokenizer.pre_tokenize_str(text)
        for letter, place in zip(spelt, places_of_bytes(text, start, end), strict=True)
        if one.token_to_id(letter) is not None
    ]
    places = iter(kept)
    rows = [list(islice(places, len(token))) for token in tokens]
    return [(row[0], row[-1] + 1) for row in rows]


def places_of_bytes(text: str, start: int, end: int) -> Iterator[int]:
    """For each byte of the text from start to end its character."""
    for place in range(start, end):
        yield from [place] * len(text[place].encode())


def one_bpe(ids: dict[str, int], merges: Sequence[str]) -> Any:
    """A byte-level tokenizer of the library with single digits."""
    library = import_module("tokenizers")
    pairs = [tuple(merge.split(" ")) for merge in merges]
    one = library.Tokenizer(library.models.BPE(ids, pairs))
    steps = library.pre_tokenizers
    digits, letters = steps.Digits(individual_digits=True), steps.ByteLevel(add_prefix_space=False)
    one.pre_tokenizer = steps.Sequence([digits, letters])
    one.add_special_tokens([each for each in ids if each[:1] + each[-1:] == "<>" and len(each) > 4])
    one.encode_special_tokens = True
    return one


def texts() -> Iterator[str]:
    """Each character alone, among others of its block, and in company; words; what is random."""
    yield from ("", *WORDS, *LONG, *BLANKS, " ".join(WORDS), "a" * 10**6, "ab 1" * 250_000)
    yield from (char for char in EVERY if unicodedata.category(char) not in {"Cn", "Co"})
    for many in in_batches(iter(EVERY), 64):
        yield "\n".join(many)
    for few in in_batches(iter(EVERY), 16):
        yield " ".join(f"a{char}b{char}\u0301 {char}1" for char in few)
    for mark in MARKS:
        yield " ".join(f"{mark}{other}x{other}{mark}" for other in [*MARKS[::37], "\u1b44"])
    random = Random(2017)  # noqa: S311
    for _ in range(RANDOM_TEXTS):
        yield "".join(parts(random, random.randrange(1, 16)))


def parts(random: Random, n: int) -> Iterator[str]:
    """Words, spaces, marks and any characters at all."""
    choices = WORDS, SPACES, MARKS, EVERY, BLANKS
    for kind in random.choices(choices, (8, 8, 3, 2, 1), k=n):
        yield random.choice(kind)


def in_batches(each: Iterator[str], size: int) -> Iterator[list[str]]:
    """Lists of as many, the last one of what is left."""
    while batch := list(islice(each, size)):
        yield batch


def compare(pair: Pair) -> int:
    """1 if the two differ anywhere, or if there was too little to compare."""
    compared, differences = 0, list[str]()
    for batch in in_batches(texts(), AT_ONCE):
        for text, theirs in zip(batch, pair.theirs(batch), strict=True):
            ours = pair.ours(text)
            compared += 1
            if Encoded(list(ours.ids), list(ours.offsets)) != theirs:
                differences.append(f"{text!a:.300}\n  {theirs!s:.400}\n  {ours!s:.400}")
    told = f"{pair.name}: {compared} texts compared, {len(differences)} differ"
    sys.stdout.write("\n".join([*differences[:SHOWN], told, ""]))
    return int(bool(differences) or compared < FEWEST)


if __name__ == "__main__":
    sys.exit(main())
