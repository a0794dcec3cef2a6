"""The order of an index of first lines."""

from __future__ import annotations

import pytest

from sitegen.collation import collated, letter

IN_ORDER = {
    "Æons ago": "A",
    "… and the dark": "A",
    "“Awake at five,” she said": "A",
    "Awake at four": "A",
    "echo of a house": "E",
    "Éclair": "E",
    "I, and the owl": "I",
    "It is over": "I",
    "It’s over now": "I",
    "¿Lo ves?": "L",
    "The ash": "T",
    "Then": "T",
    "Über allen Gipfeln": "U",
    "αγάπη": "Α",
    "Ёлка": "Е",
}


def test_lines_stand_where_a_reader_looks_for_them_and_below_their_letter() -> None:
    ordered = sorted(sorted(IN_ORDER), key=collated)
    assert ordered == list(IN_ORDER)
    assert [letter(line) for line in ordered] == list(IN_ORDER.values())


def test_no_letter_comes_last() -> None:
    ordered = sorted(["…", "zebra", "1984", "春眠", "Ωμέγα"], key=collated)
    assert ordered == ["zebra", "Ωμέγα", "…", "1984", "春眠"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the ash", "“The ash”"),
        ("Ärger", "arger"),
        ("don't", "dont"),
        ("ØRE", "ore"),
        ("Straße", "STRASSE"),
        ("Ángel", "A\u0301ngel"),
    ],
)
def test_case_accents_and_quotes_do_not_count(one: str, other: str) -> None:
    assert collated(one)[:2] == collated(other)[:2]
    assert letter(one) == letter(other)


def test_equal_words_have_one_order_all_the_same() -> None:
    assert sorted(["Snow", "snow", "“Snow”"], key=collated) == ["Snow", "snow", "“Snow”"]


def test_words_are_compared_one_by_one() -> None:
    assert sorted(["Snowfall", "Snow on snow"], key=collated) == ["Snow on snow", "Snowfall"]


def test_a_letter_of_another_script_is_its_own() -> None:
    assert [letter(line) for line in ("שלום", "한국", "ぼく", "7", "")] == ["ש", "ᄒ", "ほ", "", ""]
