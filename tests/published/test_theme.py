"""The choice of colours: a button, what it says, who remembers it, and what is there without it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.published.conftest import Look

PAGE = "/poems/candling/"
PAPER = {"light": "rgb(251, 247, 239)", "dark": "rgb(19, 22, 28)"}
STATE = """[
  document.querySelector(".theme").innerText,
  document.querySelector(".theme + [role=status]").textContent,
  getComputedStyle(document.documentElement).backgroundColor,
  getComputedStyle(document.documentElement).colorScheme,
]"""
CHOSEN = "localStorage.theme = 'dark'"
FORBIDDEN = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("forbidden", "SecurityError"); }
})"""
FRAMES = """window.frames_ = []; (function each() {
  requestAnimationFrame(() => {
    const root = document.documentElement;
    frames_.push(getComputedStyle(root).backgroundColor);
    each();
  });
})()"""
SHOWN = """[...document.body.querySelectorAll("*")].map((each) => {
  const box = each.getBoundingClientRect();
  return each.closest("header.site > *") ? null
    : [each.tagName, box.x, box.y, box.width, box.height].join(" ");
}).filter(Boolean)"""

CLICK, LOOK = ["click", ".theme"], ["value", STATE]
DARK = "document.documentElement.dataset.theme === 'dark'"
VIEWS: dict[str, dict[str, Any]] = {
    "light system": {"steps": [LOOK, CLICK, LOOK, CLICK, LOOK, CLICK, LOOK]},
    "dark system": {"scheme": "dark", "steps": [LOOK, CLICK, LOOK, CLICK, LOOK, CLICK, LOOK]},
    "keyboard": {
        "steps": [
            *[["press", "Tab"]] * 8,
            ["value", "document.activeElement.className"],
            ["value", "getComputedStyle(document.activeElement).outlineStyle"],
            ["press", "Space"],
            LOOK,
            ["press", "Enter"],
            LOOK,
        ]
    },
    "remembered": {"steps": [CLICK, ["open", "/archive/"], LOOK]},
    "other tab": {
        "steps": [["tab", "/about/"], CLICK, ["turn", 0], ["until", DARK], LOOK],
    },
    "forbidden": {
        "init": FORBIDDEN,
        "steps": [LOOK, CLICK, LOOK, ["open", "/archive/"], LOOK],
    },
    "first frames": {
        "init": f"{CHOSEN}; {FRAMES}",
        "slow": "theme|style",
        "steps": [["value", "[...new Set(frames_)]"]],
    },
    "with a script": {"steps": [["value", SHOWN]]},
    "without": {
        "script": False,
        "steps": [
            ["value", SHOWN],
            ["value", "document.querySelector('.theme').checkVisibility()"],
        ],
    },
}


@pytest.fixture(scope="module")
def seen(look: Look) -> dict[str, Any]:
    """By view, what its steps answered; the console of each stays empty."""
    found = look([{"page": PAGE} | view for view in VIEWS.values()])
    assert [each["console"] for each in found] == [[]] * len(VIEWS)
    return {name: each["answers"] for name, each in zip(VIEWS, found, strict=True)}


def state(word: str, shown: str, said: str = "") -> list[str]:
    return [f"Colours: {word}", said, PAPER[shown], "light dark" if word == "system" else shown]


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_button_goes_from_the_system_to_dark_to_light_and_says_so(
    seen: dict[str, Any], system: str
) -> None:
    assert seen[f"{system} system"] == [
        state("system", system),
        state("dark", "dark", "Colours: dark"),
        state("light", "light", "Colours: light"),
        state("system", system, "Colours: system"),
    ]


def test_it_is_reached_and_pressed_with_the_keyboard(seen: dict[str, Any]) -> None:
    name, outline, *states = seen["keyboard"]
    assert (name, outline) == ("theme", "solid")
    assert states == [
        state("dark", "dark", "Colours: dark"),
        state("light", "light", "Colours: light"),
    ]


def test_the_choice_is_remembered_and_other_tabs_follow(seen: dict[str, Any]) -> None:
    assert seen["remembered"] == [state("dark", "dark")]
    assert seen["other tab"] == [state("dark", "dark")]


def test_where_nothing_may_be_stored_it_holds_for_the_page(seen: dict[str, Any]) -> None:
    assert seen["forbidden"] == [
        state("system", "light"),
        state("dark", "dark", "Colours: dark"),
        state("system", "light"),
    ]


def test_no_frame_is_painted_in_other_colours(seen: dict[str, Any]) -> None:
    assert seen["first frames"] == [[PAPER["dark"]]]


def test_without_a_script_the_page_is_the_same_but_for_the_button(seen: dict[str, Any]) -> None:
    [shown], [without, visible] = seen["with a script"], seen["without"]
    assert not visible
    assert without == shown
