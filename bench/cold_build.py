"""A cold build of N generated posts, stage by stage, and beside Pelican where it is installed.

    python bench/cold_build.py [N] [ROUNDS]

Rounds are interleaved; medians and ratios are printed, in seconds of wall time and of CPU. The
posts are generated here, the same at every run: prose, lists, code in three languages, notes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORDS = [
    "attention",
    "query",
    "key",
    "value",
    "row",
    "softmax",
    "token",
    "line",
    "stanza",
    "reader",
    "margin",
    "light",
    "window",
]
CODE = {
    "python": "def scores(q, k):\n    return q @ k.T / np.sqrt(q.shape[-1])\n",
    "javascript": "const rows = weights.map((row) => row.reduce((a, b) => a + b, 0));\n",
    "bash": 'for file in content/*.md; do wc -w "$file" | sort -n; done\n',
}


def pick(*key: object) -> int:
    """A number that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:4], "big")


def sentence(post: int, n: int) -> str:
    """Twelve words, one of them marked up now and then."""
    words = [WORDS[pick(post, n, i) % len(WORDS)] for i in range(12)]
    if pick(post, n) % 3 == 0:
        words[4] = ("*{}*", "**{}**", "`{}`", "[{}](https://example.org/)")[
            pick(post, n, "m") % 4
        ].format(words[4])
    return " ".join(words).capitalize() + "."


def body(post: int) -> str:
    """About 600 words with headings, a list, a code block and a note."""
    parts = []
    for part in range(6):
        text = " ".join(sentence(post, 10 * part + n) for n in range(8))
        parts += [f"## Part {part} of {post}", text]
    language = list(CODE)[post % 3]
    parts.append("\n".join(f"- {sentence(post, 100 + n)}" for n in range(5)))
    parts.append(f"```{language}\n{CODE[language] * 6}```")
    return "\n\n".join(parts)


def write_sites(root: Path, count: int) -> None:
    """The same posts for both programs, each with its own front matter."""
    ours, theirs = root / "ours/content/posts", root / "theirs/content"
    ours.mkdir(parents=True)
    theirs.mkdir(parents=True)
    (root / "ours/site.toml").write_text('title = "B"\nurl = "https://example.org/"\n')
    (root / "theirs/pelicanconf.py").write_text(
        "SITENAME='B'\nSITEURL='https://example.org'\nTIMEZONE='UTC'\nPATH='content'\n"
        "FEED_ALL_ATOM='feed.xml'\nDEFAULT_PAGINATION=10\n"
    )
    for n in range(count):
        day = f"20{10 + n % 15:02}-{1 + n % 12:02}-{1 + n % 28:02}"
        tags, text = f"{WORDS[n % 13]}, {WORDS[n % 7]}", body(n)
        (ours / f"post-{n}.md").write_text(
            f"---\ntitle: Post {n}\ndate: {day}\ntags: [{tags}]\n---\n\n{text}\n"
        )
        (theirs / f"post-{n}.md").write_text(
            f"Title: Post {n}\nDate: {day}\nTags: {tags}\nSlug: post-{n}\n\n{text}\n"
        )


def measure(command: list[str], folder: Path, output: str) -> tuple[float, float]:
    """Wall and CPU seconds of one cold build."""
    shutil.rmtree(folder / output, ignore_errors=True)
    shutil.rmtree(folder / ".sitegen", ignore_errors=True)
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after, wall = os.times(), time.perf_counter() - start
    cpu = after.children_user + after.children_system
    return wall, cpu - before.children_user - before.children_system


def main() -> None:
    """Interleave the programs and print medians."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    here = Path(sys.executable).parent
    programs = {"sitegen": ([str(here / "sitegen"), "build", "-q"], "ours", "public")}
    pelican = shutil.which("pelican") or shutil.which(str(here / "pelican"))
    if pelican:
        programs["pelican"] = ([pelican, "-q", "-s", "pelicanconf.py"], "theirs", "output")
    with tempfile.TemporaryDirectory() as name:
        write_sites(Path(name), count)
        runs: dict[str, list[tuple[float, float]]] = {each: [] for each in programs}
        for _ in range(rounds):
            for each, (command, folder, output) in programs.items():
                runs[each].append(measure(command, Path(name) / folder, output))
    walls = {each: statistics.median(run[0] for run in taken) for each, taken in runs.items()}
    for each, taken in runs.items():
        cpu = statistics.median(run[1] for run in taken)
        ratio = walls["sitegen"] / walls[each]
        print(f"{each:10} {count} posts  wall {walls[each]:6.2f} s  CPU {cpu:6.2f} s  ×{ratio:.2f}")


if __name__ == "__main__":
    main()
