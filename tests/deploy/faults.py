"""What can go wrong between a deployer and a server, at the n-th request.

A `Proxy` stands before an HTTP server, numbers the requests and asks a function what is to become
of each: nothing (it passes), or a `Fault`. A `Wire` does the same to any TCP connection, by bytes.
`mortal.py` beside this file ends a process before its n-th step on the disk or its n-th program.
"""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.client import parse_headers
from io import BufferedReader
from typing import Literal

from tests.deploy.servers import read_body

Kind = Literal[
    "answer",  # `status` and `headers`; the server hears nothing
    "kill before",  # the deployer dies, the server hears nothing
    "kill after",  # the server has done it, the deployer dies without an answer
    "reset",  # the connection is reset, the server hears nothing
    "half a request",  # the server gets half of the body
    "half a reply",  # the deployer gets half of the answer
    "lost reply",  # the server has done it, the deployer hears nothing
    "stall",  # nothing happens for `seconds`, then the connection ends
    "slow",  # nothing happens for `seconds`, then all is well
    "pass",  # all is well, but for `rewrite` and `then`
]


@dataclass(frozen=True)
class Request:
    """A request as the proxy saw it; `number` counts from 1."""

    number: int
    method: str
    target: str
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Fault:
    """What happens to a request."""

    kind: Kind
    status: int = 0
    headers: str = ""
    seconds: float = 0.0
    rewrite: Callable[[bytes], bytes] = bytes
    """What becomes of the body of the answer."""
    then: Callable[[], object] = bool
    """What happens behind the deployer's back, after the server has done it."""


Choose = Callable[[Request], Fault | None]


class Proxy:
    """An HTTP proxy before a server on loopback; `choose` says what becomes of each request."""

    def __init__(self, server: int) -> None:
        self.server, self.victim, self.stopping = server, 0, threading.Event()
        self.lock = threading.Lock()
        self.seen: list[Request] = []
        self.choose: Choose = lambda _: None

    def reset(self, choose: Choose | None = None, victim: int = 0) -> None:
        """Count from 1 again, with other faults; `victim` is the process that is killed."""
        with self.lock:
            self.seen, self.victim = [], victim
            self.choose = choose or (lambda _: None)

    def kill(self) -> None:
        """End the deployer and whatever it started, as if the power had gone."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.victim, signal.SIGKILL)

    def accept(self, method: str, target: str, body: bytes) -> Fault:
        with self.lock:
            request = Request(len(self.seen) + 1, method, target, body)
            self.seen.append(request)
            return self.choose(request) or Fault("pass")


def nth(number: int, fault: Fault) -> Choose:
    """The fault for one request only."""
    return lambda request: fault if request.number == number else None


def first(times: int, method: str, part: str, fault: Fault) -> Choose:
    """The fault for the first `times` requests of a method whose address has `part` in it."""
    left = [times]

    def choose(request: Request) -> Fault | None:
        if request.method == method and part in request.target and left[0] > 0:
            left[0] -= 1
            return fault
        return None

    return choose


class _Connection(socketserver.StreamRequestHandler):
    rfile: BufferedReader
    proxy: Proxy

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            while line := self.rfile.readline():
                self._one(line)

    def _one(self, line: bytes) -> None:
        raw, headers = _read_head(self.rfile)
        method, target, _ = line.decode("latin-1").split(" ", 2)
        if headers.get("Expect"):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = read_body(self.rfile, headers)
        fault = self.proxy.accept(method, target, body)
        getattr(self, "_" + fault.kind.replace(" ", "_"))(line, raw, method, body, fault)

    def _forward(self, line: bytes, raw: bytes, body: bytes, sent: int | None = None) -> Reply:
        """The server's answer; `sent` is how much of the body it gets."""
        chunked = b"transfer-encoding: chunked" in raw.lower()
        if chunked:
            kept = [
                each for each in raw.split(b"\r\n") if not each.lower().startswith(b"transfer-")
            ]
            raw = b"\r\n".join([b"Content-Length: %d" % len(body), *kept])
        with socket.create_connection(("127.0.0.1", self.proxy.server), 60) as up:
            up.sendall(line + raw + body[:sent])
            if sent is not None:
                return Reply(b"", b"")
            with up.makefile("rb") as answer:
                return _read_reply(answer, head_only=line.startswith(b"HEAD "))

    def _pass(self, line: bytes, raw: bytes, method: str, body: bytes, fault: Fault) -> None:
        reply = self._forward(line, raw, body)
        fault.then()
        self.wfile.write(reply.with_body(fault.rewrite(reply.body), method))

    def _slow(self, line: bytes, raw: bytes, method: str, body: bytes, fault: Fault) -> None:
        self.proxy.stopping.wait(fault.seconds)
        self._pass(line, raw, method, body, fault)

    def _stall(self, *_: object) -> None:
        fault = _[-1]
        assert isinstance(fault, Fault)
        self.proxy.stopping.wait(fault.seconds)
        raise ConnectionAbortedError

    def _answer(self, _l: bytes, _r: bytes, _m: str, _b: bytes, fault: Fault) -> None:
        head = f"HTTP/1.1 {fault.status} No\r\n{fault.headers}Content-Length: 0\r\n\r\n"
        self.wfile.write(head.encode())

    def _reset(self, *_: object) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise ConnectionAbortedError

    def _half_a_request(self, line: bytes, raw: bytes, _m: str, body: bytes, _f: Fault) -> None:
        self._forward(line, raw, body, len(body) // 2)
        self._reset()

    def _half_a_reply(self, line: bytes, raw: bytes, _m: str, body: bytes, _f: Fault) -> None:
        reply = self._forward(line, raw, body)
        whole = reply.head + reply.body
        self.wfile.write(
            whole[: len(reply.head) + len(reply.body) // 2 if reply.body else len(whole) // 2]
        )
        self._reset()

    def _lost_reply(self, line: bytes, raw: bytes, _m: str, body: bytes, _f: Fault) -> None:
        self._forward(line, raw, body)
        self._reset()

    def _kill_before(self, *_: object) -> None:
        self.proxy.kill()
        raise ConnectionAbortedError

    def _kill_after(self, line: bytes, raw: bytes, _m: str, body: bytes, _f: Fault) -> None:
        self._forward(line, raw, body)
        self.proxy.kill()
        raise ConnectionAbortedError


@dataclass(frozen=True)
class Reply:
    """An answer in two parts."""

    head: bytes
    body: bytes

    def with_body(self, body: bytes, method: str) -> bytes:
        """The answer with a body of another length."""
        if body == self.body or method == "HEAD":
            return self.head + body
        lines = self.head.split(b"\r\n")
        lines = [each for each in lines if not each.lower().startswith(b"content-length:")]
        return b"\r\n".join([lines[0], b"Content-Length: %d" % len(body), *lines[1:]]) + body


def _read_head(stream: BufferedReader) -> tuple[bytes, Message]:
    """The header lines up to and with the empty one, as bytes and as fields."""
    lines = []
    while (line := stream.readline()) not in {b"\r\n", b"\n", b""}:
        lines.append(line)
    raw = b"".join([*lines, b"\r\n"])
    from io import BytesIO

    return raw, parse_headers(BytesIO(raw))


def _read_reply(stream: BufferedReader, *, head_only: bool) -> Reply:
    status = stream.readline()
    if status.split(b" ")[1:2] == [b"100"]:
        _read_head(stream)
        status = stream.readline()
    raw, headers = _read_head(stream)
    if head_only or status.split(b" ")[1:2] in ([b"204"], [b"304"]):
        return Reply(status + raw, b"")
    if headers.get("Transfer-Encoding"):
        body = read_body(stream, headers)
        return Reply(status + _of_known_length(raw, len(body)), body)
    return Reply(status + raw, read_body(stream, headers))


def _of_known_length(raw: bytes, length: int) -> bytes:
    """Header lines of a body in chunks, for the same body in one piece."""
    kept = [each for each in raw.split(b"\r\n") if not each.lower().startswith(b"transfer-")]
    return b"\r\n".join([b"Content-Length: %d" % length, *kept])


class _Listening(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """A connection that broke is what we are here for."""


@contextmanager
def serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    """The port on which each connection goes to a handler, for the time of the block."""
    with _Listening(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def proxy(server: int) -> Iterator[tuple[Proxy, int]]:
    """A proxy before the server on that port of loopback, and the port of its own."""
    made = Proxy(server)
    handler = type("Connection", (_Connection,), {"proxy": made})
    try:
        with serving(handler) as port:
            yield made, port
    finally:
        made.stopping.set()


class Wire:
    """TCP connections of which some fail after so many bytes of the deployer's."""

    def __init__(self, server: int) -> None:
        self.server, self.after, self.chosen, self.stall = server, -1, range(0), 0.0
        self.stopping, self.lock, self.connections = threading.Event(), threading.Lock(), 0

    def reset(self, after: int = -1, chosen: range = range(0), stall: float = 0.0) -> None:
        """Cut the chosen connections (counted from 1) after so many bytes.

        With `stall` they stand still for so many seconds before they are cut.
        """
        with self.lock:
            self.after, self.chosen, self.stall, self.connections = after, chosen, stall, 0

    def limit(self) -> int:
        """How many bytes the next connection may carry; -1 is any number."""
        with self.lock:
            self.connections += 1
            return self.after if self.connections in self.chosen else -1


class _Line(socketserver.BaseRequestHandler):
    wire: Wire

    def handle(self) -> None:
        limit = self.wire.limit()
        with socket.create_connection(("127.0.0.1", self.wire.server), 60) as up:
            back = threading.Thread(target=self._pump, args=(up, self.request, -1), daemon=True)
            back.start()
            if self._pump(self.request, up, limit):
                self.wire.stopping.wait(self.wire.stall)
                linger = struct.pack("ii", 1, 0)
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.request.close()
                return
            back.join(60)

    def _pump(self, source: socket.socket, sink: socket.socket, limit: int) -> bool:
        """Carry bytes until the end (false), or until the limit (true)."""
        with suppress(OSError):
            while part := source.recv(2**14):
                if 0 <= limit <= len(part):
                    sink.sendall(part[:limit])
                    return True
                limit -= len(part) if limit >= 0 else 0
                sink.sendall(part)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        return False


@contextmanager
def wire(server: int) -> Iterator[tuple[Wire, int]]:
    """A wire to the server on that port of loopback, and the port of its own end."""
    made = Wire(server)
    try:
        with serving(type("Line", (_Line,), {"wire": made})) as port:
            yield made, port
    finally:
        made.stopping.set()
