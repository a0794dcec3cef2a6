"""What the `tokenizers` library thinks of each character, as `sitegen/transformer/characters.txt`.

Run where `tokenizers` is installed: `python -m tests.models.make_tables`. Its tables are of several
versions of Unicode: those of BERT of 8 (categories) and 9 (decompositions), lower case and numbers
of 17, the letters of GPT-2's regular expression of 16.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

TABLE = Path(__file__).parents[2] / "sitegen/transformer/characters.txt"
EVERY = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
HEAD = """\
# Which characters belong to what, as the tokenizers library {version} (Apache-2.0) has it, from the
# Unicode Character Database, (c) Unicode, Inc. (Unicode-3.0). Written by
# tests/models/make_tables.py.
"""


def in_ranges(belongs: Callable[[str], bool]) -> str:
    """The characters for which this is so, as `41-5A AA`."""
    found = list[list[int]]()
    for code in map(ord, filter(belongs, EVERY)):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return " ".join(f"{a:X}-{b:X}" if a < b else f"{a:X}" for a, b in found)


def ask_normalizers() -> dict[str, Callable[[str], bool]]:
    """What BERT drops, takes for an accent, decomposes, puts in order, takes for a capital."""
    normalizers = import_module("tokenizers").normalizers

    def bert(**steps: bool) -> Callable[[str], str]:
        none = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"))
        own = normalizers.BertNormalizer(**{name: steps.get(name, False) for name in none})
        normalize: Callable[[str], str] = own.normalize_str
        return normalize

    clean, bare, small = bert(clean_text=True), bert(strip_accents=True), bert(lowercase=True)
    nfd = normalizers.NFD().normalize_str

    def moves(char: str) -> bool:
        """Does it go before a mark of the last class, or after one of the first?"""
        pairs = nfd(f"\u0345{char}"), nfd(f"{char}\u0334")
        return bool(pairs[0][0] != "\u0345" or pairs[1][0] == "\u0334")

    return {
        "dropped": lambda char: not clean(char),
        "accent": lambda char: not bare(char),
        "decomposed": lambda char: nfd(char) != char,
        "combining": moves,
        "capital": lambda char: small(char) != char,
    }


def ask_pre_tokenizers() -> dict[str, Callable[[str], bool]]:
    """What is punctuation, what a number, what a letter."""
    library = import_module("tokenizers")
    punctuation = library.pre_tokenizers.BertPreTokenizer()
    number = library.pre_tokenizers.Digits(individual_digits=True)
    letter = library.pre_tokenizers.Split(library.Regex(r"\p{L}"), "isolated")

    def parts(splits: object, char: str) -> int:
        pieces: list[str] = [each for each, _ in splits.pre_tokenize_str(f"\xad{char}\xad")]  # type: ignore[attr-defined]
        return len(pieces) if "".join(pieces) == f"\xad{char}\xad" else 0

    return {
        "punctuation": lambda char: parts(punctuation, char) == 3,
        "number": lambda char: parts(number, char) == 3,
        "letter": lambda char: parts(letter, char) == 3,
    }


def newer_capitals() -> str:
    """Capitals of Unicode 15 to 17, which Python may not have, and their small letters."""
    small = import_module("tokenizers").normalizers.Lowercase().normalize_str
    newer = [char for char in EVERY if char.lower() != small(char)]
    return " ".join(f"{ord(char):X}>{ord(small(char)):X}" for char in newer)


def main() -> None:
    """Ask about each character, and write the table."""
    lines = {
        name: in_ranges(ask) for name, ask in (ask_normalizers() | ask_pre_tokenizers()).items()
    }
    lines["newer"] = newer_capitals()
    head = HEAD.format(version=import_module("tokenizers").__version__)
    TABLE.write_text(head + "".join(f"{name}: {rest}\n" for name, rest in lines.items()), "ascii")


if __name__ == "__main__":
    main()
