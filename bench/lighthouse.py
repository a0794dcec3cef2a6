"""What Lighthouse makes of the published blog, on this machine.

    python bench/lighthouse.py LIGHTHOUSE [RUNS]

Comes in: the folder where `npm install lighthouse` was done. Goes out: a line for each page with
its four scores, performance as the median of the runs; ends with 1 if one is below what is asked.
The files come from a loopback server compressed and to be cached, as the hosts of a site do it.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = {
    "post": "/essays/by-hand/",
    "poem": "/poems/candling/",
    "figure essay": "/essays/heatmaps/",
    "home": "/",
}
LEAST = {"performance": 0.99, "accessibility": 1, "best-practices": 1, "seo": 1}


class Compressed(SimpleHTTPRequestHandler):
    """Sends text with gzip; what has its digest in its name may be kept for ever."""

    def do_GET(self) -> None:
        """The file at this address, or 404."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        data = gzip.compress(path.read_bytes())
        named = len(path.name.split(".")) == 3
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", f"max-age={31536000 if named else 0}")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def scores(lighthouse: Path, url: str) -> dict[str, float]:
    """One run: each category's score, from 0 to 1."""
    chromium = shutil.which("chromium") or "chromium"
    done = subprocess.run(
        [
            *("node", lighthouse / "node_modules/lighthouse/cli/index.js", url),
            *("--quiet", "--output=json", "--max-wait-for-load=120000"),
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"CHROME_PATH": chromium},
    )
    return {name: each["score"] for name, each in json.loads(done.stdout)["categories"].items()}


def main() -> int:
    """Print the scores of each page; 1 if one is too low."""
    lighthouse = Path(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        build = [
            sys.executable,
            "-m",
            "sitegen",
            "build",
            "--locked",
            "-s",
            str(ROOT),
            "-o",
            folder,
        ]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Compressed, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, page in PAGES.items():
            url = f"http://127.0.0.1:{server.server_port}{page}"
            all_runs = [scores(lighthouse, url) for _ in range(runs)]
            median = {key: statistics.median(run[key] for run in all_runs) for key in LEAST}
            failed += any(median[key] < least for key, least in LEAST.items())
            print(f"{name:14}", *(f"{key} {value * 100:.0f}" for key, value in median.items()))
        server.shutdown()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
