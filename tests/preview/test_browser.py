"""In real Chromium: what is saved comes into the open page, and nothing else happens to it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.preview.conftest import Preview, Serve

HERE = Path(__file__).parent
BAR = "document.querySelector('sitegen-preview')?.shadowRoot"
STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " script-src 'self'; connect-src 'self'"
)
FIGURE = """
```attention
id: bat
view: heads
model: toy
text: the bat flew home
seed: 1
d_model: 8
layers: 2
heads: 2
```
"""
FRESH = """fetch(location).then((answer) => answer.text()).then((text) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.title + page.body.innerHTML;
})"""
OWN = "document.title + document.body.innerHTML"
LONG = "\n\n".join(f"Paragraph {number} of many." for number in range(80))
TEXT = f"# Bench\n\nFirst.\n\n<details><summary>More</summary>Behind.</details>\n{FIGURE}\n{LONG}\n"


class Chromium:
    """A browser with tabs that stay open."""

    def __init__(self, *arguments: str) -> None:
        executable = shutil.which("chromium")
        if executable is None:
            pytest.skip("chromium is not installed")
        command = ["node", str(HERE / "drive.mjs"), executable, *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, tab: str, verb: str, *words: Any) -> Any:
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps([tab, verb, *words]) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    # A name of another site that leads to this machine, as a rebound one does.
    running = Chromium("--host-resolver-rules=MAP evil.example 127.0.0.1")
    yield running
    running.close()


@pytest.fixture(scope="module")
def strict(preview: Preview) -> Preview:
    """The preview, with the policy that published pages may have, but for the channel."""
    base = (HERE.parents[1] / "templates/base.html").read_text(encoding="utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{STRICT}">'
    preview.write("templates/base.html", base.replace("<head>", f"<head>{policy}"))
    preview.write("content/essays/long.md", TEXT)
    preview.await_body("/essays/long/", "Content-Security-Policy")
    return preview


Open = Callable[[str, str], None]


def opened(chromium: Chromium, preview: Preview, tab: str, path: str) -> None:
    chromium(tab, "open", f"{preview.address}{path}")
    chromium(tab, "until", f"{BAR}")


def test_a_save_is_patched_in_and_the_reader_stays_where_they_are(
    chromium: Chromium, strict: Preview
) -> None:
    opened(chromium, strict, "patch", "/essays/long/")
    chromium("patch", "value", "window.kept = true; document.querySelector('details').open = true")
    chosen = "[...document.querySelectorAll('#bat input')]"
    chromium("patch", "value", f"{chosen}.forEach((each, i) => i % 2 && each.click())")
    before = chromium("patch", "value", f"{chosen}.map((each) => each.checked)")
    assert True in before
    chromium(
        "patch",
        "value",
        "scrollTo(0, 900); getSelection().selectAllChildren(document.querySelector('h1'))",
    )
    strict.write("content/essays/long.md", TEXT.replace("First.", "First, *changed*."))
    chromium("patch", "until", "document.querySelector('article em')?.textContent === 'changed'")
    strict.write(
        "content/essays/long.md", TEXT.replace("home", "away").replace("First.", "New.\n\nFirst.")
    )
    chromium("patch", "until", "document.querySelector('#bat').textContent.includes('away')")
    assert chromium("patch", "value", "window.kept && document.querySelector('details').open")
    assert chromium("patch", "value", f"{chosen}.map((each) => each.checked)") == before
    assert abs(chromium("patch", "value", "scrollY") - 900) < 60
    assert chromium("patch", "value", "String(getSelection())") == "Bench"
    strict.write("content/essays/long.md", TEXT)
    chromium("patch", "until", "!document.body.textContent.includes('New.')")
    chromium("patch", "value", "document.querySelector('details').open = false")
    assert chromium("patch", "value", f"{FRESH}.then((now) => now === {OWN})")
    assert chromium("patch", "said") == []


BLOCKS = [
    *["One.", "Two *words*.", "> Said.", "- a\n- b\n- c", "## A heading", "***", FIGURE.strip()],
    *["<details><summary>S</summary>D</details>", "| a | b |\n| - | - |\n| 1 | 2 |", "$x^2$"],
    *["```poem\nA line\n    and one more\n\nA stanza\n```", "A note.[^1]\n\n[^1]: Of it."],
]


def test_whatever_is_edited_the_page_is_as_if_it_had_been_loaded(
    chromium: Chromium, strict: Preview
) -> None:
    chance = random.Random(5)  # noqa: S311 - the same edits at every run
    blocks = chance.sample(BLOCKS, len(BLOCKS))
    name = "content/essays/edited.md"
    strict.write(name, "# Edited\n\n" + "\n\n".join(blocks))
    strict.await_body("/essays/edited/", "Edited")
    opened(chromium, strict, "edits", "/essays/edited/")
    chromium("edits", "value", "window.kept = true")
    for number in range(13):
        match number % 4:
            case 0:
                chance.shuffle(blocks)
            case 1:
                blocks = chance.sample(BLOCKS, 6)
            case 2:
                blocks.insert(chance.randrange(len(blocks)), f"Number {number}.")
            case _:
                blocks = [*blocks[:2], *chance.sample(BLOCKS, 3), *blocks[2:]]
        once = list(dict.fromkeys(blocks))  # no figure and no note is there twice
        strict.write(name, f"# Edited {number}\n\n" + "\n\n".join(once) + "\n")
        title = f"document.querySelector('h1').textContent === 'Edited {number}'"
        chromium("edits", "until", title)
        assert chromium("edits", "value", f"{FRESH}.then((now) => now === {OWN})"), once
    assert chromium("edits", "value", "window.kept")


def test_a_style_sheet_is_swapped_and_there_is_always_one(
    chromium: Chromium, strict: Preview
) -> None:
    own = (HERE.parents[1] / "static/style.css").read_text(encoding="utf-8")
    opened(chromium, strict, "css", "/essays/other/")
    watch = """
      window.kept = true;
      window.bare = 0;
      const has = () => [...document.styleSheets].some((each) => each.href?.includes("style."));
      const look = () => (window.bare += !has());
      new MutationObserver(look).observe(document.head, { childList: true });
    """
    chromium("css", "value", watch)
    strict.write("static/style.css", own + "h1{color:rgb(1,2,3)}")
    chromium(
        "css", "until", "getComputedStyle(document.querySelector('h1')).color === 'rgb(1, 2, 3)'"
    )
    chromium("css", "until", "document.querySelectorAll('link[href*=\"/style.\"]').length === 1")
    assert chromium("css", "value", "[window.kept, window.bare]") == [True, 0]
    strict.write("static/style.css", own)
    chromium(
        "css", "until", "getComputedStyle(document.querySelector('h1')).color !== 'rgb(1, 2, 3)'"
    )


def test_a_mistake_is_shown_over_the_last_good_page_and_goes_with_the_next_good_save(
    chromium: Chromium, strict: Preview
) -> None:
    strict.write("content/essays/wrong.md", "# Wrong\n\nFine.\n")
    strict.await_body("/essays/wrong/", "Fine.")
    opened(chromium, strict, "wrong", "/essays/wrong/")
    broken = "# Wrong\n\nBad.\n\n```atention\nx: <img src=x onerror=alert(1)>\n```\n"
    strict.write("content/essays/wrong.md", broken)
    opened(chromium, strict, "reading", "/poems/owl/")
    chromium("reading", "until", f"!{BAR}.querySelector('.trouble').hidden")
    assert chromium("reading", "value", f"{BAR}.querySelector('section').hidden")
    chromium("wrong", "until", f"!{BAR}.querySelector('section').hidden")
    told = chromium("wrong", "value", f"{BAR}.querySelector('section').textContent")
    assert "content/essays/wrong.md:5" in told
    assert "hint: did you mean" in told
    assert chromium(
        "wrong", "value", "document.querySelector('article').textContent.includes('Fine.')"
    )
    chromium("wrong", "press", "Tab")
    chromium("wrong", "value", f"{BAR}.querySelector('section button').focus()")
    chromium("wrong", "press", "Escape")
    assert chromium("wrong", "value", f"{BAR}.querySelector('section').hidden")
    strict.write("content/essays/wrong.md", "# Wrong\n\nGood again.\n")
    chromium("wrong", "until", "document.body.textContent.includes('Good again.')")
    assert chromium("wrong", "value", f"{BAR}.querySelector('section').hidden")
    assert chromium("wrong", "value", f"{BAR}.querySelector('.trouble').hidden")


def test_the_bar_is_reached_and_closed_by_keyboard_and_touches_nothing(
    chromium: Chromium, strict: Preview
) -> None:
    opened(chromium, strict, "bar", "/poems/owl/")
    text = chromium("bar", "value", f"{BAR}.querySelector('.bar').textContent")
    assert "line" in text
    assert "built in" in text
    size = "[document.documentElement.scrollHeight, document.body.getBoundingClientRect().height]"
    before = chromium("bar", "value", size)
    focused = f"{BAR}.activeElement?.className === 'close'"
    for _ in range(40):
        chromium("bar", "press", "Tab")
        if chromium("bar", "value", focused):
            break
    assert chromium("bar", "value", focused)
    chromium("bar", "press", "Enter")
    assert chromium("bar", "value", f"{BAR}.querySelector('.bar').hidden")
    assert chromium("bar", "value", size) == before
    assert chromium("bar", "said") == []


def test_a_page_that_is_not_there_is_shown_as_soon_as_it_is(
    chromium: Chromium, strict: Preview
) -> None:
    chromium("coming", "open", f"{strict.address}/essays/coming/")
    assert chromium("coming", "value", "document.title") == "Nothing here"
    strict.write("content/essays/coming.md", "# Coming\n\nHere it is.\n")
    chromium("coming", "until", "document.body.textContent.includes('Here it is.')")


def test_a_picture_is_shown_anew(chromium: Chromium, strict: Preview) -> None:
    def picture(width: int) -> str:
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="5"/>'

    strict.write("content/essays/dot.svg", picture(5))
    strict.write("content/essays/picture.md", "# Picture\n\n![a dot](dot.svg)\n")
    strict.await_body("/essays/picture/", "dot.svg")
    opened(chromium, strict, "picture", "/essays/picture/")
    chromium("picture", "until", "document.querySelector('main img').naturalWidth === 5")
    strict.write("content/essays/dot.svg", picture(7))
    chromium("picture", "until", "document.querySelector('main img').naturalWidth === 7")


def test_eight_tabs_load_and_all_are_told(chromium: Chromium, strict: Preview) -> None:
    strict.write("content/essays/tabs.md", "# Tabs\n\nBefore.\n")
    strict.await_body("/essays/tabs/", "Before.")
    for number in range(8):
        opened(chromium, strict, f"tab {number}", "/essays/tabs/")
    strict.write("content/essays/tabs.md", "# Tabs\n\nAfterwards.\n")
    for number in range(8):
        chromium(f"tab {number}", "until", "document.body.textContent.includes('Afterwards.')")


def test_what_was_edited_is_scrolled_to_where_asked_for(chromium: Chromium, serve: Serve) -> None:
    preview = serve("--follow")
    poem = "\n".join(f"line {number} of many" for number in range(200))
    preview.write("content/poems/long.md", f"# Long\n\n{poem}\n")
    preview.await_body("/poems/long/", "line 199")
    opened(chromium, preview, "follow", "/poems/long/")
    chromium("follow", "media", "prefers-reduced-motion", "reduce")
    preview.write(
        "content/poems/long.md", f"# Long\n\n{poem.replace('line 150 of', 'verse 150 of')}\n"
    )
    place = "[...document.querySelectorAll('#L151')].map((e) => e.getBoundingClientRect().top)[0]"
    chromium("follow", "until", f"{place} > 0 && {place} < innerHeight")
    chromium("follow", "until", "document.body.textContent.includes('verse 150 of')")
    top = chromium("follow", "value", "scrollY")
    preview.write(
        "content/poems/long.md", f"# Long\n\n{poem.replace('line 151 of', 'verse 151 of')}\n"
    )
    chromium("follow", "until", "document.body.textContent.includes('verse 151 of')")
    assert chromium("follow", "value", "scrollY") == top  # it was in sight


class Evil(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>evil</title><body>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def evil() -> Iterator[str]:
    """Another site, at a name of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Evil)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://evil.example:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


LOAD = """new Promise((done) => {
  const element = document.createElement("%s");
  element.onload = () => done("loaded");
  element.onerror = () => done("blocked");
  element.src = "%s";
  document.body.append(element);
})"""
LOOK = """.then(() => {
  try {
    return frames[0].document.body.textContent;
  } catch {
    return "blocked";
  }
})"""
CHANNEL = """new Promise((done) => {
  const socket = new WebSocket("ws://localhost:%s/.sitegen/live");
  socket.onopen = () => done("loaded");
  socket.onerror = () => done("blocked");
})"""


def tries(preview: Preview) -> list[str]:
    """Ways in which a page may use another one; each gives `blocked` if it could not."""
    page = f"{preview.address}/essays/bench/"
    fetch = "fetch('%s', {mode: '%s'}).then(() => 'loaded', () => 'blocked')"
    return [
        LOAD % ("img", f"{preview.address}/essays/dot.svg"),
        LOAD % ("script", f"{preview.address}/.sitegen/client.js"),
        fetch % (page, "cors"),
        fetch % (page, "no-cors"),
        CHANNEL % preview.port,
    ]


def test_another_site_can_read_and_show_nothing(
    chromium: Chromium, preview: Preview, evil: str
) -> None:
    dot = '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>'
    preview.write("content/essays/dot.svg", dot)
    preview.await_body("/essays/dot.svg", "svg")
    page = f"{preview.address}/essays/bench/"
    opened(chromium, preview, "own", "/essays/bench/")
    chromium("evil", "open", evil)
    for each in tries(preview):
        assert chromium("own", "value", each) == "loaded"
        assert chromium("evil", "value", each) == "blocked"
    assert chromium("evil", "value", LOAD % ("iframe", page) + LOOK) == "blocked"
    # The name is made to lead here: the page has our address, and not our name.
    chromium("rebound", "open", f"http://evil.example:{preview.port}/essays/bench/")
    told = chromium("rebound", "value", "document.body.textContent")
    assert told.strip() == "this is not that host"
    # A link from there is what it is anywhere.
    chromium("evil", "value", f"location.href = '{page}'; 0")
    chromium("evil", "until", "document.body?.textContent.includes('A first paragraph')")
