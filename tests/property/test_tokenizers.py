"""What is so of tokens whatever the text and the vocabulary."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sitegen.transformer.bpe import BPE, BYTES, SPELLING
from sitegen.transformer.characters import characters, newer_capitals
from sitegen.transformer.tokens import Tokens
from sitegen.transformer.wordpiece import WordPiece

whole = st.characters(exclude_categories=["Cs"])
texts = st.text(st.sampled_from("aab b'sé\u0301\u1b44 \n1²字😀!\x00\u200b") | whole)
words = st.text("aab", min_size=2, max_size=40)
halves = st.text("ab", min_size=1, max_size=3)
merge_lists = st.lists(st.tuples(halves, halves).map(" ".join), unique=True, max_size=20)

PIECES = "[CLS] [SEP] [UNK] a b ##a ##b ab ##aba 字 1 ! e ' s ##s"
WORD_PIECE = WordPiece.from_lines(PIECES.split())


def vocabulary(merges: list[str]) -> list[str]:
    """All bytes, and what these merges make."""
    return [*dict.fromkeys([*SPELLING, *(each.replace(" ", "") for each in merges)])]


def byte_pairs(merges: list[str]) -> BPE:
    return BPE(vocabulary(merges), merges)


@given(texts)
def test_offsets_of_pieces_go_forward_and_stay_within_the_text(text: str) -> None:
    tokens = WORD_PIECE.encode(text)
    inner = [pair for pair, own in zip(tokens.offsets, tokens.special, strict=True) if not own]
    assert all(0 <= start < end <= len(text) for start, end in inner)
    assert all(end <= start for (_, end), (start, _) in pairwise(inner)) or "\u1b44" in text
    assert len({len(each) for each in tokens}) == 1


@given(texts, texts)
def test_a_space_keeps_the_words_before_it_from_those_after(left: str, right: str) -> None:
    both, alone = WORD_PIECE.encode(f"{left} {right}"), WORD_PIECE.encode(right)
    shift = len(left) + 1
    assert both.ids == WORD_PIECE.encode(left).ids[:-1] + alone.ids[1:]
    moved = tuple((start + shift, end + shift) for start, end in alone.offsets[1:-1])
    assert both.offsets[len(both.ids) - 1 - len(moved) : -1] == moved


@given(texts, merge_lists)
def test_the_bytes_of_all_tokens_are_the_text(text: str, merges: list[str]) -> None:
    spelt = vocabulary(merges)
    letters = "".join(spelt[i] for i in byte_pairs(merges).encode(text).ids)
    assert bytes(BYTES[letter] for letter in letters).decode() == text


@given(texts, merge_lists)
def test_each_character_belongs_to_a_token(text: str, merges: list[str]) -> None:
    tokens = byte_pairs(merges).encode(text)
    covered = {place for start, end in tokens.offsets for place in range(start, end)}
    assert covered == set(range(len(text)))
    assert tokens.offsets == tuple(sorted(tokens.offsets))


@given(words, merge_lists)
def test_merging_is_the_same_as_searching_the_whole_word_for_the_first_merge(
    word: str, merges: list[str]
) -> None:
    tokens = byte_pairs(merges).encode(word)
    assert list(tokens.pieces) == merged_slowly(word, merges)
    assert "".join(word[start:end] for start, end in tokens.offsets) == word


def merged_slowly(word: str, merges: list[str]) -> list[str]:
    """Byte-pair encoding as its paper defines it."""
    parts = list(word)
    while True:
        pairs = [" ".join(pair) for pair in pairwise(parts)]
        known = [merges.index(pair) for pair in pairs if pair in merges]
        if not known:
            return parts
        at = pairs.index(merges[min(known)])
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


@given(texts)
def test_what_a_reader_sees_has_no_control_characters(text: str) -> None:
    tokens: Tokens = byte_pairs([]).encode(text)
    assert all(unicodedata.category(char) != "Cc" for piece in tokens.pieces for char in piece)
    assert all(tokens.pieces)


def test_python_is_asked_only_about_characters_that_each_version_of_it_knows() -> None:
    """Unicode promises these mappings not to change for a character that it has."""
    unknown = [char for char in map(chr, range(0x30000)) if unicodedata.category(char) == "Cn"]
    for name in ("decomposed", "combining", "capital"):
        asked = {char for char in unknown if char in characters(name)}
        assert asked <= set(newer_capitals())
