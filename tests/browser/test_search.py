"""The page for searching, as a reader uses it; and what it takes for equal."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.published.conftest import ROOT, build, served
from tests.sites import CONFIG, write_files

HERE = Path(__file__).parent
SITE = f"""== site.toml
search = true
{CONFIG}== content/poems/bat.md
# Chauve-souris

The fridge shudders off behind me,
                 naïve as a café
    in the ship’s soft\u00adware light.

The bat flew home.
== content/poems/greek.md
---
lang: el
---
# Νυχτερίδα

Πετάει η νυχτερίδα
στον δρόμο προς την ΟΔΟΣ.
== content/poems/arabic.md
---
lang: ar
---
# الخفاش

طَارَ الخُفّاشُ
إلى البيتِ
== content/poems/chinese.md
---
lang: zh
---
# 蝙蝠

黄昏的蝙蝠飞回家
山上有光
== content/poems/thai.md
---
lang: th
---
# ค้างคาว

ค้างคาวบินกลับบ้าน
== content/poems/russian.md
---
lang: ru
---
# Летучая мышь

Всё летит домой, ещё поёт
== content/posts/attention.md
---
tags: [softmax]
---
# The Square Root of Attention

An opening of no interest.

## A walk {{#walk}}

Eight does not sound alarming. But softmax reads differences through an exponential, as you found if
you did a row by hand. A long way behind the beginning of this paragraph there is a word, pangolin,
that stands nowhere else, and then it goes on for a good while so that the end has to be
cut off. A reader is shown what stands around the word, and where the rest of it is.
== content/posts/hostile.md
# <b onclick="document.title=1">onerror</b>

Here is `<script>document.title="broken"</script>` and __proto__ and constructor.
"""
FOUND: list[Any] = ["found"]


def asked(words: str) -> list[list[Any]]:
    return [["open", "/search/"], ["type", words], FOUND]


HOSTILE = [
    '<img src=x onerror="document.title=1">',
    "__proto__",
    "constructor toString",
    "a" * 10_000,
    ".*+?^${}()|[]\\",
    '%E0%A4%A&q="><script>',
    "\u202e\ud800x",
    "蝠" * 300,
]
TITLE = ["value", "document.title"]
LOADED = [
    "value",
    "performance.getEntries().filter(({ name }) => /search.0.js$/.test(name)).length",
]
JOBS: dict[str, list[list[Any]]] = {
    words: asked(words)
    for words in (
        "naive as a CAFE",
        "ships software",
        "νυχτεριδα οδος",
        "طار الخفاش",
        "蝙蝠飞",
        "蝙蝠光",
        "กลับ",
        "ещё поет",
        "atention squar",
        "pangolin",
        "xyzzy",
        "softmax bat",
        "ﬂew hom",
    )
} | {
    "target": [*asked("fridge shud"), ["follow", ".found p a"], ["value", "TARGET"]],
    "prose": [*asked("pangolin"), ["follow", ".found p a"], ["value", "location.hash"]],
    "shared": [["open", "/search/?q=b%C3%A1t+flew"], ["settle"], FOUND, ["axe"]],
    "back": [*asked("pangolin"), ["follow", "h2 a"], ["back"], ["settle"], FOUND],
    "keys": [
        ["open", "/search/"],
        ["press", "/"],
        ["value", "document.activeElement.name"],
        ["press", "/"],
        ["value", "document.activeElement.value"],
    ],
    "refused": [
        ["refuse", "**/search/0.js"],
        *asked("pangolin"),
        ["allow", "**/search/0.js"],
        ["click", "[role=status] button"],
        ["settle"],
        FOUND,
    ],
    "offline": [*asked("pangolin"), ["offline"], ["type", "fridge"], FOUND],
    "first": [["open", "/search/"], LOADED, ["type", "bat"], LOADED],
    "plain": [
        ["plain"],
        ["open", "/search/"],
        ["value", "[document.querySelector('form').checkVisibility(), document.body.innerText]"],
    ],
    **{f"hostile {each[:30]}": [*asked(each), TITLE] for each in HOSTILE},
    "hostile page": [*asked("onerror"), TITLE],
}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each job gave, all in one browser."""
    root = tmp_path_factory.mktemp("search")
    write_files(root, SITE)
    jobs = json.dumps(list(JOBS.values())).replace(
        "TARGET", "document.querySelector(':target').textContent"
    )
    with served(build(root, root / "public")) as base:
        job = {"chromium": shutil.which("chromium"), "base": base, "jobs": json.loads(jobs)}
        done = subprocess.run(
            ["node", HERE / "search.mjs"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == 0, done.stderr
    return dict(zip(JOBS, json.loads(done.stdout), strict=True))


def one(seen: dict[str, Any], words: str) -> dict[str, Any]:
    """The only page that was found."""
    [page] = seen[words]["answers"][0]["pages"]
    return page  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("words", "language", "marks", "href"),
    [
        ("naive as a CAFE", "en", ["naïve as a café"], "/poems/bat/#L2"),
        ("ships software", "en", ["ship’s soft\u00adware"], "/poems/bat/#L3"),
        ("ﬂew hom", "en", ["flew home"], "/poems/bat/#L4"),
        ("طار الخفاش", "ar", ["طَارَ الخُفّاشُ"], "/poems/arabic/#L1"),
        ("蝙蝠飞", "zh", ["蝙蝠飞"], "/poems/chinese/#L1"),
        ("กลับ", "th", ["กลับ"], "/poems/thai/#L1"),
        ("ещё поет", "ru", ["ещё поёт"], "/poems/russian/#L1"),
    ],
)
def test_a_line_is_found_by_a_piece_of_it_in_any_script(
    seen: dict[str, Any], words: str, language: str, marks: list[str], href: str
) -> None:
    page = one(seen, words)
    assert page["lang"] == language
    [line] = page["lines"]
    assert (line["marks"], line["href"]) == (marks, href)


def test_a_capital_a_final_sigma_and_an_accent_are_equal_to_their_letters(
    seen: dict[str, Any],
) -> None:
    lines = one(seen, "νυχτεριδα οδος")["lines"]
    assert [line["marks"] for line in lines] == [["νυχτερίδα"], ["ΟΔΟΣ"]]


def test_what_is_not_there_as_a_whole_is_looked_for_by_pairs_where_no_spaces_are(
    seen: dict[str, Any],
) -> None:
    assert one(seen, "蝙蝠光")["lines"][0]["marks"] == ["蝙蝠"]


def test_a_result_leads_to_the_line_itself(seen: dict[str, Any]) -> None:
    assert seen["target"]["answers"][1] == "The fridge shudders off behind me,"


def test_a_result_in_prose_leads_to_the_words_below_their_heading(seen: dict[str, Any]) -> None:
    [line] = seen["prose"]["answers"][0]["pages"][0]["lines"]
    assert line["href"].startswith("/posts/attention/#walk:~:text=pangolin")
    assert line["text"].startswith("… ")
    assert line["text"].endswith(" …")
    assert seen["prose"]["answers"][1] == "#walk"


def test_a_title_with_mistakes_is_found_and_the_reader_is_told(seen: dict[str, Any]) -> None:
    found = seen["atention squar"]["answers"][0]
    assert found["said"] == "Nothing has “atention”; this is for “attention”. 1 page:"
    assert found["pages"][0]["title"]["marks"] == ["Square", "Attention"]


def test_nothing_is_said_to_be_nothing_beside_where_everything_is(seen: dict[str, Any]) -> None:
    found = seen["xyzzy"]["answers"][0]
    assert found["said"].startswith("Nothing has “xyzzy”. Nothing is found.")
    assert found["pages"] == []


def test_words_that_no_page_has_together_find_those_with_the_most(seen: dict[str, Any]) -> None:
    found = seen["softmax bat"]["answers"][0]
    assert found["said"] == "No page has all of the words. 2 pages:"


def test_a_search_can_be_shared_and_gone_back_to(seen: dict[str, Any]) -> None:
    found, violations = seen["shared"]["answers"]
    assert found["pages"][0]["lines"][0]["href"] == "/poems/bat/#L4"
    assert violations == []
    first, again = seen["back"]["answers"]
    assert again == first
    assert again["address"] == "?q=pangolin"


def test_a_slash_leads_to_the_field_and_in_it_is_a_slash(seen: dict[str, Any]) -> None:
    assert seen["keys"]["answers"] == ["q", "/"]


def test_texts_that_do_not_come_are_missed_and_asked_for_again(seen: dict[str, Any]) -> None:
    before, after = seen["refused"]["answers"]
    assert before["said"].startswith("A part of the texts could not be loaded. Try again")
    assert before["pages"] == []
    assert after["said"] == "1 page:"


def test_what_was_loaded_is_searched_without_a_server(seen: dict[str, Any]) -> None:
    assert seen["offline"]["answers"][1]["pages"][0]["title"]["text"] == "Chauve-souris"


def test_no_text_is_loaded_before_a_word_is_typed(seen: dict[str, Any]) -> None:
    assert seen["first"]["answers"] == [0, 1]


def test_without_a_script_the_page_says_so_and_shows_other_ways(seen: dict[str, Any]) -> None:
    [[form, text]] = seen["plain"]["answers"]
    assert not form
    assert "does not work without it" in text
    assert "the archive" in text


def test_hostile_words_do_nothing(seen: dict[str, Any]) -> None:
    titles = [seen[name]["answers"][-1] for name in seen if name.startswith("hostile")]
    assert titles == ["Search · A site"] * (len(HOSTILE) + 1)
    page = one(seen, "hostile page")
    assert page["title"]["marks"] == ["onerror"]
    assert one(seen, "hostile __proto__")["lines"][0]["marks"] == ["proto"]
    assert seen["hostile page"]["answers"][0]["said"] == "1 page:"


def test_the_console_stays_empty(seen: dict[str, Any]) -> None:
    told = {name: each["console"] for name, each in seen.items() if each["console"]}
    assert list(told) == ["refused"]  # the browser itself tells of what was refused


# --- what counts as equal --------------------------------------------------------------------


def folded(texts: list[str]) -> list[str]:
    """What static/find.js makes of texts."""
    program = """
        const { readFileSync } = require("node:fs");
        require("node:vm").runInThisContext(readFileSync("static/find.js", "utf8"));
        const texts = JSON.parse(readFileSync(0, "utf8"));
        process.stdout.write(JSON.stringify(texts.map(text => finder.fold(text).trim())));
    """
    job = json.dumps(texts)
    done = subprocess.run(
        ["node", "-e", program], input=job, capture_output=True, text=True, check=True, cwd=ROOT
    )
    found: list[str] = json.loads(done.stdout)
    return found


def bare(text: str) -> str:
    """A caseless text without accents and points, by Python's tables."""
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in text if not _is_accent(unicodedata.combining(each)))
        text = text.casefold()
    return text


def _is_accent(combining: int) -> bool:
    """By its class: of any script, or a point of Hebrew, Arabic and Syriac (UAX 44, 5.7.4)."""
    return combining >= 200 or 10 <= combining <= 36


def test_every_letter_is_equal_to_its_other_cases_and_to_itself_without_accents() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    letters = [each for each in every if unicodedata.category(each)[0] in "LN"]
    own = folded(letters)
    for variant in (bare, str.lower, str.upper):
        others = folded([variant(each) for each in letters])
        wrong = [
            letter
            for letter, one, other in zip(letters, own, others, strict=True)
            # A browser's tables may be older. A small iota is an accent below a letter only.
            if one and one != other and not (variant is str.upper and other == f"{one}ι")
        ]
        assert wrong == []


def test_letters_of_one_script_stay_apart() -> None:
    """So that folding everything to one letter would be noticed."""
    for script in ("abcdefghijklmnopqrstuvwxyz", "αβγδεζηθικλμνξοπρστυφχψω", "かがはばぱきぎ"):
        assert len(set(folded(list(script)))) == len(script)
    assert folded(["की", "कि", "का"]) == ["की", "कि", "का"]


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("dont", ["don't", "don’t", "DON‘T", "do\u00adn't"]),
        (
            "self attention",
            ["self-attention", "self‐attention", "Self–Attention", " self\nattention"],
        ),
        ("oeuvre finance", ["œuvre ﬁnance", "ŒUVRE, finance!"]),
        ("strasse", ["Straße", "STRASSE", "STRAẞE"]),
        ("istanbul", ["İstanbul", "ıstanbul"]),
        ("οδος", ["ΟΔΟΣ", "ὁδός", "οδοσ"]),
        ("الخفاش", ["الخُفّاشُ", "الخـفاش"]),
        ("שלום", ["שָׁלוֹם"]),
        ("lodz", ["Łódź", "ＬＯＤＺ"]),
    ],
)
def test_what_is_written_in_other_ways_is_equal(one: str, others: Iterable[str]) -> None:
    first, *rest = folded([one, *others])
    assert {" ".join(each.split()) for each in rest} == {first}
