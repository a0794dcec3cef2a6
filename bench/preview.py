"""How long it takes from a save to the page: on the screen of Chromium, and what of it is building.

    python bench/preview.py [--posts N] [--saves N]

A site of N essays and as many poems is served; one of its texts is saved again and again, and the
time runs from the return of `write` to the frame that shows it, as the browser's own clock has it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.preview.conftest import Preview
from tests.preview.test_browser import Chromium

TEXT = "attention is the rarest and purest form of generosity and nobody has enough of it"
WORDS = TEXT.split()


def write_site(site: Path, count: int) -> None:
    """Essays of some 500 words, and poems of 20 lines."""
    (site / "content/essays").mkdir(parents=True)
    (site / "content/poems").mkdir()
    (site / "site.toml").write_text('title = "B"\nurl = "https://b.example/"\n', encoding="utf-8")
    for number in range(count):
        lines = [" ".join(WORDS[(i + number) % 15 :]) for i in range(60)]
        essay = "\n\n".join(" ".join(lines[i : i + 6]) for i in range(0, 60, 6))
        name = f"content/essays/{number}.md"
        (site / name).write_text(f"# Essay {number}\n\n{essay}\n", encoding="utf-8")
        poem = "\n".join(line[:40] for line in lines[:20])
        name = f"content/poems/{number}.md"
        (site / name).write_text(f"# Poem {number}\n\n{poem}\n", encoding="utf-8")


SHOWN = """new Promise((done) => {
  const look = () =>
    has() ? done(performance.timeOrigin + performance.now()) : wait();
  const has = () => document.body.textContent.includes(%r);
  const wait = () => requestAnimationFrame(look);
  look();
})"""


def measure(preview: Preview, chromium: Chromium, path: str, saves: int) -> list[float]:
    """Seconds from each save to the frame that shows it."""
    file = preview.site / f"content{path.rstrip('/')}.md"
    text = file.read_text(encoding="utf-8")
    chromium("bench", "open", f"{preview.address}{path}")
    chromium("bench", "until", "document.querySelector('sitegen-preview')")
    took = []
    for number in range(saves):
        word = f"saved{number}"
        time.sleep(0.1)
        file.write_text(f"{text}\n{word}\n", encoding="utf-8")
        saved = time.time()
        took.append(chromium("bench", "value", SHOWN % word) / 1000 - saved)
    file.write_text(text, encoding="utf-8")
    return took


def main() -> None:
    """Serve a generated site and print medians."""
    options = argparse.ArgumentParser()
    options.add_argument("--posts", type=int, default=100)
    options.add_argument("--saves", type=int, default=30)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site"
        write_site(site, chosen.posts)
        preview, chromium = Preview(site), Chromium()
        try:
            for path in ("/essays/5/", "/poems/5/"):
                took = [each * 1000 for each in measure(preview, chromium, path, chosen.saves)]
                built = []
                while not preview.lines.empty():
                    built += re.findall(r"  (\d+) ms\n", preview.lines.get())
                print(
                    f"{2 * chosen.posts} texts, {path}: save to frame {median(took):.0f} ms"
                    f" (p95 {quantiles(took, n=20)[-1]:.0f}); of it built in"
                    f" {median(map(int, built)):.0f} ms; load {os.getloadavg()[0]:.1f}"
                )
        finally:
            chromium.close()
            preview.close()


if __name__ == "__main__":
    main()
