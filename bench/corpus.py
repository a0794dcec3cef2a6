"""The posts that every tool is given: as many as are asked for, the same at every run.

A post depends on its number alone; only its date depends on how many there are, so that any corpus
runs from 2006 to 2025. One in ten is a poem. Of all, about 60 % have code, one to three blocks of
some 0.75 KB (no two are the same), 27 % notes, 19 % a table. All links lead to other sites. Nothing
in a body means anything to a template language or to one tool alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from bench.listings import write_code


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


FIRST, LAST = datetime(2006, 1, 1, 7, tzinfo=UTC), datetime(2025, 12, 31, 19, tzinfo=UTC)
LANGUAGES = ("python", "javascript", "bash", "rust")
TAGS = _words(
    "attention reading poems silence language memory mathematics python translation rivers letters"
    " winter kitchens typography birds trains rust maps light gardens grammar javascript hands"
    " weather bread prayer houses bash dictionaries children clocks softmax libraries rain mirrors"
    " tables sleep proofs radio margins paper bridges owls vectors islands questions walking glass"
    " names harbours noise rooms snow stairs tokens voices wind windows yeast zero islets"
)
CHANCES = [1 / (rank + 2) for rank in range(len(TAGS))]
OWNERS = ("the", "a", "one", "this", "every", "another", "her", "his", "our", "no", "some", "that")
QUALITIES = _words(
    "slow late patient narrow borrowed grey unread second former bright uneven careful distant"
    " half-open familiar wooden small last foreign plain long dim folded common"
)
THINGS = _words(
    "reader line margin sentence lamp head weight query key value row column word window door river"
    " hand page stanza breath kettle letter shelf map token layer voice street shadow table thread"
    " garden boat stair bell comma poem winter question number name coat mirror orchard wall"
)
ACTS = _words(
    "attends_to waits_for leaves weighs forgets crosses carries answers follows is_next_to"
    " looks_past holds divides returns_to listens_for softens measures is_unlike keeps names"
)
PLACES = ("under", "beside", "behind", "after", "before", "without", "across", "above", "within")
LINKS = ("and", "but", "because", "while", "so", "although", "until")


class Post(NamedTuple):
    """One text; the body is Markdown."""

    number: int
    slug: str
    title: str
    date: datetime
    tags: tuple[str, ...]
    description: str
    poem: bool
    code: bool
    body: str


def make_posts(count: int) -> Iterator[Post]:
    """All of a corpus, the oldest first."""
    return (make_post(number, count) for number in range(count))


def make_post(number: int, count: int) -> Post:
    """That of this number, the oldest is 0."""
    random = Random(f"sitegen bench {number}")  # noqa: S311
    poem = random.random() < 0.1
    thing = f"{random.choice(QUALITIES)} {random.choice(THINGS)}"
    title = f"{thing} {random.choice(PLACES)} {_thing(random)}, {number}".capitalize()
    tags: dict[str, None] = {}
    wanted = random.choice((1, 2, 2, 3, 3, 4))
    while len(tags) < wanted:
        tags[random.choices(TAGS, CHANCES)[0]] = None
    description = f"{_clause(random)}.".capitalize()
    code = not poem and random.random() < 2 / 3
    return Post(
        number=number,
        slug=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        title=title,
        date=FIRST + timedelta(minutes=(LAST - FIRST) // timedelta(minutes=1) * number // count),
        tags=tuple(tags),
        description=description,
        poem=poem,
        code=code,
        body=_verses(random) if poem else _prose(random, number, code=code),
    )


def choose_post(count: int, turn: int) -> Post:
    """One with code from the middle of the years, another for each turn."""
    number = (count // 2 + 7 * turn) % count
    while not (post := make_post(number, count)).code:
        number = (number + 1) % count
    return post


def _thing(random: Random) -> str:
    owner, thing = random.choice(OWNERS), random.choice(THINGS)
    return (
        f"{owner} {random.choice(QUALITIES)} {thing}"
        if random.random() < 0.4
        else f"{owner} {thing}"
    )


def _clause(random: Random) -> str:
    clause = f"{_thing(random)} {random.choice(ACTS)} {_thing(random)}"
    return f"{clause} {random.choice(PLACES)} {_thing(random)}" if random.random() < 0.5 else clause


def _sentence(random: Random) -> str:
    words = f"{_clause(random)}, {random.choice(LINKS)} {_clause(random)}".capitalize().split(" ")
    if random.random() < 0.25:
        place = random.randrange(1, len(words))
        word = words[place].rstrip(",")
        link = f"[{word}](https://example.org/{word}/{random.randrange(10**6)})"
        marked = random.choice((f"*{word}*", f"**{word}**", f"`{word}`", link))
        words[place] = words[place].replace(word, marked, 1)
    return f"{' '.join(words)}."


def _paragraph(random: Random, least: int, most: int) -> str:
    return " ".join(_sentence(random) for _ in range(random.randint(least, most)))


def _verses(random: Random) -> str:
    stanzas = (
        "\n".join(
            f"{_thing(random)} {random.choice(ACTS)} {_thing(random)},"
            for _ in range(random.randint(3, 5))
        )
        for _ in range(random.randint(5, 9))
    )
    return "\n\n".join(stanzas)


def _prose(random: Random, number: int, *, code: bool) -> str:
    noted, tabled = random.random() < 0.3, random.random() < 0.21
    last = random.choice((1, 1, 2, 3)) if code else 0
    blocks = [_paragraph(random, 3, 4)]
    notes: list[str] = []
    for section in range(4):
        blocks += [f"## {_clause(random).capitalize()}", _paragraph(random, 3, 4)]
        match section:
            case 0:
                items = (f"- {_sentence(random)}" for _ in range(random.randint(3, 5)))
                blocks.append("\n".join(items))
            case 2:
                items = (f"{n}. {_clause(random)}" for n in range(1, random.randint(4, 6)))
                blocks += [f"> {_paragraph(random, 1, 2)}", "\n".join(items)]
            case 3 if tabled:
                blocks.append(_table(random))
        if 0 < section <= last:
            language = random.choice(LANGUAGES)
            listing = write_code(language, random, 3 * number + section)
            blocks.append(f"```{language}\n{listing}\n```")
        blocks.append(_paragraph(random, 2, 3))
        if noted and section != 1:
            blocks[-1] += f"[^{len(notes) + 1}]"
            notes.append(f"[^{len(notes) + 1}]: {_sentence(random)}")
    return "\n\n".join([*blocks, *notes])


def _table(random: Random) -> str:
    columns = random.randint(3, 5)
    rows = [random.sample(THINGS, columns), ["---"] * columns]
    rows += [
        [f"{random.random():.3f}" for _ in range(columns)] for _ in range(random.randint(4, 7))
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
