"""What a file name says: slug, date, title; and what may stand in an address."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from sitegen.slugs import address_mistake, is_language, readable, slugify, split_date


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Hello World", "hello-world"),
        ("snake_case_name", "snake-case-name"),
        ("What: now? & then #3", "what-now-then-3"),
        ("don't", "dont"),
        ("rock’n’roll", "rocknroll"),
        ("…ly.", "ly"),
        ("東京の夜", "東京の夜"),
        ("Ｆｕｌｌ", "full"),
        ("x²", "x2"),
        ("कविता", "कविता"),
        ("บทกวี", "บทกวี"),
        ("cafe\u0301", "café"),
        ("--a--b--", "a-b"),
        ("ÉTÉ", "été"),
    ],
)
def test_a_slug_keeps_letters_digits_and_marks_of_every_script(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize("name", ["", "!!!", "🎉", "❤️", "--", "\u0301", " ", "\u200d"])
def test_a_slug_is_never_empty(name: str) -> None:
    assert slugify(name).strip("-")


def test_names_without_letters_have_different_slugs() -> None:
    assert slugify("!") != slugify("?")


def test_any_character_gives_a_stable_slug_that_is_safe_in_an_address() -> None:
    for code in (*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x11800)):
        slug = slugify(f"a{chr(code)}b")
        assert slugify(slug) == slug, hex(code)
        assert all(unicodedata.category(char)[0] in "LMN" or char == "-" for char in slug)


def test_a_slug_fits_into_a_file_name() -> None:
    assert len(slugify("é" * 500).encode()) <= 200
    assert len(slugify("ﷺ" * 80).encode()) <= 200


@pytest.mark.parametrize(
    ("stem", "day", "rest"),
    [
        ("2024-01-31-snow", date(2024, 1, 31), "snow"),
        ("2024-01-snow", date(2024, 1, 1), "snow"),
        ("2024_01_31_snow_day", date(2024, 1, 31), "snow_day"),
        ("2024-01-31_snow", date(2024, 1, 31), "snow"),
        ("2024-01-31 Snow", date(2024, 1, 31), "Snow"),
        ("2024-01-31", date(2024, 1, 31), "2024-01-31"),
        ("2024-01-100-things", date(2024, 1, 1), "100-things"),
        ("2024-1-3-snow", date(2024, 1, 3), "snow"),
        ("2024-1-3", date(2024, 1, 3), "2024-1-3"),
        ("2024-1-snow", None, "2024-1-snow"),
        ("2024-13-01-x", None, "2024-13-01-x"),
        ("2024-02-30-x", None, "2024-02-30-x"),
        ("2024-01", None, "2024-01"),
        ("2024-in-review", None, "2024-in-review"),
        ("0000-01-01-x", None, "0000-01-01-x"),
        ("1984", None, "1984"),
    ],
)
def test_a_valid_date_before_a_name_is_its_date(stem: str, day: date | None, rest: str) -> None:
    assert split_date(stem) == (day, rest)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("my-first_post", "My first post"),
        ("NumPy-and-me", "NumPy and me"),
        ("why? (really)", "Why? (really)"),
        ("été", "Été"),
        ("e\u0301te\u0301", "Été"),
        ("--", "--"),
        ("東京", "東京"),
    ],
)
def test_a_name_is_made_readable(name: str, title: str) -> None:
    assert readable(name) == title


@pytest.mark.parametrize("path", ["/", "/a/b/", "a/b", "/a.b/..c/", "/caf%C3%A9/", "/東京/"])
def test_an_address_inside_the_site_is_possible(path: str) -> None:
    assert address_mistake(path) is None


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/../a", '".."'),
        ("/a/..", '".."'),
        ("/a/%2e%2E/b", '".."'),
        ("//host/a", "another host"),
        ("/%2fhost", "another host"),
        ("https://host/a", "another host"),
        ("javascript:x", "another host"),
        ("/a\\b", "backslash"),
        ("/a%5cb", "backslash"),
        ("/a\0b", "control"),
        ("/a%00b", "control"),
        ("/a\nb", "control"),
        ("/a//b", "empty part"),
        ("/a/./b", "empty part"),
        ("/a?b", "a ? or a #"),
        ("/a#b", "a ? or a #"),
    ],
)
def test_an_address_out_of_the_site_is_refused_with_its_reason(path: str, why: str) -> None:
    assert why in (address_mistake(path) or "")


def test_a_language_has_the_shape_of_a_tag() -> None:
    assert all(map(is_language, ["en", "no", "pt-BR", "zh-Hant-TW", "de-CH-1996"]))
    assert not any(map(is_language, ["", "e", "english language", "en_US", "en-", "日本"]))
