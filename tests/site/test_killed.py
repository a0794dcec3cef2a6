"""A build killed at any moment: no half page, no foreign file touched, repaired at once."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


KILLED = int(os.environ.get("KILLED_BUILDS", "5"))


def start(site: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sitegen", "build", "-q", "-s", str(site), *options],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_a_build_killed_at_a_random_moment_leaves_only_whole_files(tmp_path: Path) -> None:
    posts = tmp_path / "content/posts"
    posts.mkdir(parents=True)
    (tmp_path / "site.toml").write_text('title = "A"\nurl = "https://example.org/"\n')
    for number in range(110):  # as many as are staged by who renders them
        (posts / f"p{number}.md").write_text(f"First version of {number}.\n" * 20)
    began = time.monotonic()
    assert start(tmp_path).wait() == 0
    took = time.monotonic() - began
    public, kept = tmp_path / "public", tmp_path / "kept"
    (public / "CNAME").write_text("example.org\n")
    public.rename(kept)
    (tmp_path / "site.toml").write_text('title = "B"\nurl = "https://example.org/"\n')
    for number in range(0, 110, 2):
        (posts / f"p{number}.md").write_text(f"Second version of {number}.\n" * 20)
    assert start(tmp_path).wait() == 0
    old, new = tree(kept), tree(public) | {"CNAME": tree(kept)["CNAME"]}
    moments = random.Random(7)  # noqa: S311 - moments, not secrets
    for _ in range(6):
        shutil.rmtree(public)
        shutil.copytree(kept, public)
        process = start(tmp_path)
        time.sleep(moments.uniform(0.4, 1.0) * took)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = tree(public)
        assert all(digest in {old.get(path), new.get(path)} for path, digest in found.items())
        assert old.keys() & new.keys() <= found.keys()
    assert start(tmp_path).wait() == 0
    assert tree(public) == new


def test_the_build_after_one_that_was_killed_equals_a_clean_one(tmp_path: Path) -> None:
    posts = tmp_path / "content/posts"
    posts.mkdir(parents=True)
    for name in range(110):
        (posts / f"p{name}.md").write_text("Words.\n")
    moments = random.Random(11)  # noqa: S311 - moments, not secrets
    took = 0.0
    for number in range(KILLED):
        title = number // 2  # every other time all pages are rendered
        settings = f'title = "A {title}"\nurl = "https://example.org/"\n'
        (tmp_path / "site.toml").write_text(settings)
        for each in range(12):
            name = moments.randrange(24)
            (posts / f"p{name}.md").write_text(f"# Title {each}\n\nWords {number} of {name}.\n")
        if took:
            process = start(tmp_path)
            time.sleep(moments.uniform(0.2, 1.0) * took)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        began = time.monotonic()
        assert start(tmp_path).wait() == 0
        took = time.monotonic() - began
        assert start(tmp_path, "--no-cache", "-o", str(tmp_path / "clean")).wait() == 0
        assert tree(tmp_path / "public") == tree(tmp_path / "clean")
