"""A real server on a free loopback port, the folder it watches, and ways to ask it things."""

from __future__ import annotations

import json
import queue
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, RejectConnection, Request, TextMessage

from tests.sites import CONFIG, write_files

PATIENCE = 60.0  # seconds: a busy machine is no mistake
SITE = f"""== site.toml
{CONFIG}
== content/essays/bench.md
# The bench

A first paragraph.

<details><summary>More</summary>

Behind it.

</details>

A second paragraph.
== content/essays/other.md
# Another

Elsewhere.
== content/poems/owl.md
# Owl

The owl is late
and the night is wide
== content/essays/half.md
---
draft: true
---
# Half done

Not yet.
"""


class Preview:
    """`sitegen serve` in a process of its own."""

    def __init__(self, site: Path, *options: str, port: int = 0) -> None:
        self.site, self.lines = site, queue.SimpleQueue[str]()
        command = [sys.executable, "-m", "sitegen", "serve", "-s", str(site), "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl+C of ours is not its own
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        found = re.search(r"http://localhost:(\d+)(/.*?)  ", self.await_line("http://localhost"))
        assert found
        self.port = int(found[1])
        self.address = f"http://localhost:{self.port}"

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def await_line(self, part: str) -> str:
        """The next line of the terminal with this in it."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            line = self.lines.get(timeout=PATIENCE)
            self.said.append(line)
            assert line, "".join(self.said)
            if part in line:
                return line
        raise AssertionError(f"{part} is not in {self.said}")

    def write(self, path: str, text: str) -> None:
        """Save a file of the site."""
        file = self.site / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    # --- requests --------------------------------------------------------------------------------

    def raw(self, request: bytes | str, *, timeout: float = PATIENCE) -> bytes:
        """All that comes back for these bytes, until the server ends the connection."""
        raw = request if isinstance(request, bytes) else request.encode("latin-1")
        with socket.create_connection(("127.0.0.1", self.port), timeout) as line:
            with suppress(BrokenPipeError, ConnectionResetError):  # it has heard enough
                line.sendall(raw)
            answer = b""
            with suppress(ConnectionResetError):
                while part := line.recv(65536):
                    answer += part
            return answer

    def ask(self, path: str, *headers: str, method: str = "GET", host: str = "") -> tuple[int, str]:
        """Status and answer, head and all."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'localhost:{self.port}'}"]
        raw = self.raw("\r\n".join([*lines, *headers, "Connection: close", "", ""]))
        assert raw.startswith(b"HTTP/1.1 "), raw[:200]
        return int(raw[9:12]), raw.decode()

    def body(self, path: str) -> str:
        return self.ask(path)[1].partition("\r\n\r\n")[2]

    def await_body(self, path: str, part: str) -> str:
        """A page, as soon as it has this in it."""
        end = time.monotonic() + PATIENCE
        while part not in (body := self.body(path)):
            assert time.monotonic() < end, body
            assert self.process.poll() is None, "it has ended"
            time.sleep(0.01)
        return body

    # --- the end ---------------------------------------------------------------------------------

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, float]:
        """Its exit code, and how long it took to end."""
        begun = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        return code, time.monotonic() - begun

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()


class Tab:
    """The push channel as an open page uses it."""

    def __init__(
        self, preview: Preview, path: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.path = path
        self.socket = socket.create_connection(("127.0.0.1", preview.port), PATIENCE)
        self.frames = WSConnection(ConnectionType.CLIENT)
        host = f"localhost:{preview.port}"
        more = headers if headers is not None else {"Origin": f"http://{host}"}
        named = [(name.encode(), value.encode()) for name, value in more.items()]
        asked = Request(host=host, target="/.sitegen/live", extra_headers=named)
        self.socket.sendall(self.frames.send(asked))
        self.events = iter(())
        self.answer = self.next()
        if isinstance(self.answer, AcceptConnection):
            self.say({"path": path})

    @property
    def status(self) -> int:
        return self.answer.status_code if isinstance(self.answer, RejectConnection) else 101

    def say(self, message: Any) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        self.socket.sendall(self.frames.send(TextMessage(data=text)))

    def next(self) -> Any:
        """The next event, of whatever kind."""
        while True:
            for event in self.frames.events():
                return event
            self.frames.receive_data(self.socket.recv(65536) or None)

    def state(self) -> dict[str, Any]:
        """What the page is told next."""
        event = self.next()
        assert isinstance(event, TextMessage), event
        told: dict[str, Any] = json.loads(event.data)
        return told

    def await_state(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first state that is as wanted."""
        while not wanted(state := self.state()):
            pass
        return state

    def is_silent(self, seconds: float) -> bool:
        return not select.select([self.socket], [], [], seconds)[0]

    def close(self) -> None:
        self.socket.close()


Serve = Callable[..., Preview]
OpenTab = Callable[..., Tab]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a preview of a site with a few texts; more are written before."""
    started: list[Preview] = []

    def start(*options: str, text: str = "", site: Path | None = None, port: int = 0) -> Preview:
        folder = site or tmp_path / "site"
        if site is None:
            write_files(folder, SITE + text)
        started.append(Preview(folder, *options, port=port))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """One preview for the tests of a module, which do not disturb each other."""
    site = tmp_path_factory.mktemp("preview") / "site"
    write_files(site, SITE)
    (site.parent / "secret.txt").write_text("a secret of the disk", encoding="utf-8")
    (site / "content/essays/secret.txt~").write_text("a secret of the disk", encoding="utf-8")
    running = Preview(site)
    yield running
    assert running.process.poll() is None, "".join(running.said)
    running.close()


@pytest.fixture
def tab() -> Iterator[OpenTab]:
    """Open a page's channel; it is closed in the end."""
    tabs: list[Tab] = []

    def opened(preview: Preview, path: str, headers: Mapping[str, str] | None = None) -> Tab:
        tabs.append(Tab(preview, path, headers))
        return tabs[-1]

    yield opened
    for each in tabs:
        each.close()
