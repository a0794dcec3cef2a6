"""Text becomes tokens: where it is cut, which token stands where, what a reader sees of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sitegen.errors import ModelError
from sitegen.transformer.bpe import BPE, SPELLING
from sitegen.transformer.characters import combining_class, decomposed, lowered
from sitegen.transformer.tokens import Tokens
from sitegen.transformer.wordpiece import WordPiece

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden/tokenizers/golden.json").read_text(encoding="ascii")
)
PIECES = "[PAD] [UNK] [CLS] [SEP] the bat fl ##e ##ew cafe ! 夜 a ##a [ ] cl ##s ss 豈 = ` i x ː"
MERGES = ["b c", "a b", "Ġ Ġ", "h e", "l l", "he ll", "hell o", "Ġ hello", "' s", "ð Ł"]
TOKENS = ["<|end|>", *SPELLING, *(merge.replace(" ", "") for merge in MERGES)]


def cut(text: str) -> Tokens:
    return WordPiece.from_lines(PIECES.split()).encode(text)


def merge(text: str, tokens: list[str] = TOKENS) -> Tokens:
    return BPE(tokens, MERGES).encode(text)


def inside(tokens: Tokens) -> list[tuple[str, int, int]]:
    """Piece, start and end of what is in the text itself."""
    rows = zip(tokens.pieces, tokens.offsets, tokens.special, strict=True)
    return [(piece, *offsets) for piece, offsets, special in rows if not special]


def numbers(tokens: Tokens) -> list[list[int]]:
    """Ids and offsets as the golden file has them."""
    return [list(tokens.ids), [i for pair in tokens.offsets for i in pair]]


def test_real_texts_are_cut_into_pieces_as_the_reference_cuts_them() -> None:
    golden = GOLDEN["wordpiece"]
    ours = WordPiece(golden["vocabulary"])
    assert len(golden["texts"]) > 150
    for text, *expected in golden["texts"]:
        assert numbers(ours.encode(text)) == expected, text


def test_real_texts_are_merged_from_bytes_as_the_reference_merges_them() -> None:
    golden = GOLDEN["bpe"]
    tokens = [f"unused {i}" for i in range(1 + max(golden["vocabulary"].values()))]
    for token, i in golden["vocabulary"].items():
        tokens[i] = token
    ours = BPE(tokens, golden["merges"])
    assert len(golden["texts"]) > 150
    for text, *expected in golden["texts"]:
        assert numbers(ours.encode(text)) == expected, text


def test_a_text_of_nothing_is_what_the_encoder_adds_to_each() -> None:
    for blank in ("", " \n\u3000", "\u200b\x00"):
        tokens = cut(blank)
        assert tokens.pieces == ("[CLS]", "[SEP]")
        assert tokens == ((2, 3), tokens.pieces, ((0, 0), (0, 0)), (True, True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The flew", [("the", 0, 3), ("fl", 4, 6), ("##ew", 6, 8)]),  # the longest piece first
        ("flee", [("fl", 0, 2), ("##e", 2, 3), ("##e", 3, 4)]),
        ("café CAFÉ!", [("cafe", 0, 4), ("cafe", 5, 9), ("!", 9, 10)]),
        ("cafe\u0301 bat", [("cafe", 0, 4), ("bat", 6, 9)]),  # the accent is no part of a token
        ("ba\u00adt\u200b", [("bat", 0, 4)]),
        ("bat夜bat", [("bat", 0, 3), ("夜", 3, 4), ("bat", 4, 7)]),
        ("the\u0085bat", [("[UNK]", 0, 7)]),  # a control character, by the reference
        ("the\u2003bat\r\n", [("the", 0, 3), ("bat", 4, 7)]),
        ("≠`", [("=", 0, 1), ("`", 1, 2)]),
        ("\uf900", [("豈", 0, 1)]),
        ("İ", [("i", 0, 1)]),
        ("bats", [("bat", 0, 3), ("##s", 3, 4)]),
        ("bat s", [("bat", 0, 3), ("[UNK]", 4, 5)]),  # s is known only as the end of a word
        ("flo", [("[UNK]", 0, 3)]),  # a word is known or not, as a whole
    ],
)
def test_a_word_is_cut_and_each_piece_knows_its_place(
    text: str, expected: list[tuple[str, int, int]]
) -> None:
    assert inside(cut(text)) == expected


def test_a_word_of_more_than_100_characters_is_unknown() -> None:
    assert len(inside(cut("a" * 100))) == 100
    assert inside(cut("a" * 101)) == [("[UNK]", 0, 101)]
    assert len(inside(cut("á" * 100))) == 100


def test_what_is_typed_is_text_and_no_token_of_the_model() -> None:
    typed = cut("[CLS]")
    assert inside(typed) == [("[", 0, 1), ("cl", 1, 3), ("##s", 3, 4), ("]", 4, 5)]
    assert 0 not in merge("<|end|>").ids
    assert "".join(merge("<|end|>").pieces) == "<|end|>"


def test_a_vocabulary_without_what_each_text_needs_is_refused() -> None:
    with pytest.raises(ModelError, match=r"has no \[CLS\], \[UNK\]") as error:
        WordPiece.from_lines(["[SEP]", "a"])
    assert error.value.hint


def test_the_lines_of_a_vocabulary_may_have_their_ends() -> None:
    lines = [f"{piece}\r\n" for piece in PIECES.split()]
    assert WordPiece.from_lines(lines).encode("flew") == cut("flew")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", [("a", 0, 1), ("bc", 1, 3)]),  # the first in the list, not the first in the word
        ("hello hello", [("hello", 0, 5), ("hello", 5, 11)]),
        ("   hello", [("  ", 0, 2), ("hello", 2, 8)]),
        ("ab12", [("ab", 0, 2), ("1", 2, 3), ("2", 3, 4)]),
        ("  12", [("  ", 0, 2), ("1", 2, 3), ("2", 3, 4)]),
        ("ab's", [("ab", 0, 2), ("'s", 2, 4)]),
        ("ab'S", [("ab", 0, 2), ("'", 2, 3), ("S", 3, 4)]),
        ("ab\n\nab", [("ab", 0, 2), ("⏎", 2, 3), ("⏎", 3, 4), ("ab", 4, 6)]),
        ("²ab", [("⟨C2⟩", 0, 1), ("⟨B2⟩", 0, 1), ("ab", 1, 3)]),
        ("😀b", [("⟨F0 9F⟩", 0, 1), ("⟨98⟩", 0, 1), ("⟨80⟩", 0, 1), ("b", 1, 2)]),
        ("", []),
    ],
)
def test_bytes_are_merged_and_each_token_knows_its_characters(
    text: str, expected: list[tuple[str, int, int]]
) -> None:
    assert inside(merge(text)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\u0301b", 3),  # a mark is no letter
        ("éß中ي", 1),
        ("x've're'll", 4),
        ("x't'm'd's", 5),
        ("a\u00a0b", 3),
        ("a\u00a0 b", 3),
        ("a\u1c89\U00031350", 1),  # letters of Unicode 16 and 15, whatever Python knows
        ("\U0001d2c0\U00011de0", 2),  # numbers of Unicode 15 and 17
        ("\x1c\x1d", 1),  # blank for Python, not here
    ],
)
def test_letters_numbers_and_blanks_are_those_of_the_reference(text: str, words: int) -> None:
    """With every pair of bytes merged that there is, a token is a word."""
    spelt = [SPELLING[byte] for byte in text.encode()]
    merges = [f"{''.join(spelt[i:k])} {''.join(spelt[k:j])}" for i in range(len(spelt)) for j in
              range(i + 2, len(spelt) + 1) for k in range(i + 1, j)]  # fmt: skip
    tokens = [*SPELLING, *dict.fromkeys(each.replace(" ", "") for each in merges)]
    assert len(BPE(tokens, merges).encode(text).ids) == words


def test_bytes_that_a_vocabulary_lacks_are_left_out_and_nothing_moves() -> None:
    lacking = [token for token in TOKENS if token != SPELLING[0xF1]]
    assert inside(merge("a\U00040000b", lacking))[1:] == [
        *[("⟨80⟩", 1, 2)] * 3,
        ("b", 2, 3),
    ]


@pytest.mark.parametrize(
    ("token", "seen"),
    [
        ("<|end|>", "<|end|>"),
        ("Ġhello", " hello"),
        ("Ċ", "⏎"),
        ("ĉ", "⇥"),
        ("č", "⟨0D⟩"),
        ("no byte", "no byte"),
        (SPELLING[0xC2] + SPELLING[0x85], "⟨85⟩"),
    ],
)
def test_the_text_of_a_token_is_fit_to_be_seen(token: str, seen: str) -> None:
    tokens = [*TOKENS, token]
    assert BPE(tokens, MERGES).text_of(tokens.index(token)) == seen


def test_a_word_of_very_many_letters_is_merged_in_no_time() -> None:
    tokens = [*SPELLING, "aa"]
    assert len(BPE(tokens, ["a a"]).encode("a" * 60_001).ids) == 30_001


def metadata(**changed: Any) -> dict[str, Any]:
    own = {"model": "gpt2", "pre": "smollm", "tokens": tuple(TOKENS), "merges": tuple(MERGES)}
    found = own | {"add_bos_token": False} | changed
    return {f"tokenizer.ggml.{name}": each for name, each in found.items() if each is not None}


def test_a_gguf_file_describes_its_tokenizer() -> None:
    ours = BPE.from_gguf(metadata())
    assert ours.encode("hello!") == merge("hello!")
    assert ours.text_of(0) == "<|end|>"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "llama"}, "a tokenizer with model 'llama'"),
        ({"pre": "qwen2"}, "a tokenizer with pre 'qwen2'"),
        ({"pre": None}, "a tokenizer with pre False"),
        ({"add_bos_token": True}, "add_bos_token True"),
        ({"add_space_prefix": True}, "add_space_prefix True"),
        ({"merges": None}, "no tokenizer.ggml.merges"),
    ],
)
def test_a_tokenizer_that_we_do_not_know_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        BPE.from_gguf(metadata(**changed))


def test_a_merge_into_what_is_no_token_is_a_mistake_of_the_file() -> None:
    with pytest.raises(ModelError, match="a merge makes 'hello'"):
        merge("hello", [each for each in TOKENS if each != "hello"])


def test_what_unicode_added_later_is_as_the_reference_has_it_and_not_as_python_has() -> None:
    assert lowered("\ua7dc") == "\u019b"  # a capital of Unicode 16
    assert lowered("\U00016ea0") == "\U00016ebb"  # and one of 17
    assert decomposed("\U00011938") == "\U00011938"  # of 13, and the reference stays with 9
    assert combining_class("\u1ac0") == 0
    assert (lowered("É"), decomposed("é"), combining_class("\u0323")) == ("é", "e\u0301", 220)


def test_marks_on_one_letter_are_put_in_order() -> None:
    """U+1B44 is no accent and stays, at the place that it has in order, as the reference has it."""
    assert inside(cut("x\u0301\u1b44 bat")) == [("[UNK]", 0, 2), ("bat", 4, 7)]
    assert inside(cut("x\u1b44\u0334 bat")) == [("[UNK]", 0, 3), ("bat", 4, 7)]
    assert inside(cut("x\u1b44\u0301 bat")) == [("[UNK]", 0, 2), ("bat", 4, 7)]
    assert inside(cut("é\u1b44\u0301 bat")) == [("[UNK]", 0, 2), ("bat", 4, 7)]
