"""Two sites, each built once and served on loopback under the strictest headers.

`public` is this repository's own blog; `sink` has one of everything that a writer may use.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'"
)

ALL = os.environ.get("PAGES") == "all"
"""Whether axe looks at every page in every mode, and not in one of them in turn."""


def build(site: Path, folder: Path) -> Path:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sitegen",
            "build",
            "--strict",
            "--locked",
            "-s",
            site,
            "-o",
            folder,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("blog") / "public")


@pytest.fixture(scope="session")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(Path(__file__).with_name("sink"), tmp_path_factory.mktemp("sink") / "public")


class Quiet(SimpleHTTPRequestHandler):
    policy = POLICY

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def served(folder: Path, policy: str = POLICY) -> Iterator[str]:
    """The address of a server on loopback."""
    handler = type("Strict", (Quiet,), {"policy": policy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


Look = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def look_at(base: str, views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Open views of pages in Chromium; what each showed."""
    job = {"chromium": shutil.which("chromium"), "base": base, "views": views}
    done = subprocess.run(
        ["node", str(Path(__file__).with_name("look.mjs"))],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def look(public: Path) -> Iterator[Look]:
    """Open views of pages of the blog."""
    with served(public) as base:
        yield partial(look_at, base)


def pages_of(folder: Path) -> list[str]:
    """The address of every page that is not a redirect."""
    return sorted(
        "/" + path.relative_to(folder).as_posix().removesuffix("index.html")
        for path in folder.rglob("*.html")
        if 'http-equiv="refresh"' not in path.read_text(encoding="utf-8")
    )


@pytest.fixture(scope="session")
def pages(public: Path) -> list[str]:
    return pages_of(public)


def validity(folder: Path) -> list[tuple[str, int | None, str]]:
    """What the Nu checker says of all pages, drawings and style sheets: place and message."""
    jar = ROOT / "node_modules/vnu-jar/build/dist/vnu.jar"
    options = "--skip-non-html --also-check-svg --also-check-css --stdout --exit-zero-always"
    done = subprocess.run(
        ["java", "-jar", jar, *options.split(), "--format", "json", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)["messages"]
    return [(each["url"], each.get("lastLine"), each["message"]) for each in found]


def broken_links(folder: Path) -> dict[str, Any]:
    """What lychee finds broken, links and anchors, by page."""
    done = subprocess.run(
        [
            shutil.which("lychee") or str(ROOT / ".venv/bin/lychee"),
            *["--offline", "--include-fragments", "--no-progress", "--format", "json"],
            *("--root-dir", folder, "--index-files", "index.html", f"{folder}/**/*.html"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["total"] > 100, done.stderr
    broken: dict[str, Any] = found["error_map"]
    return broken
