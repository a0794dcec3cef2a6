"""What comes in over a socket, however it was meant, is answered or ended; others are served on."""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import time
from contextlib import suppress

import pytest

from tests.preview.conftest import OpenTab, Preview

SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def is_well(preview: Preview) -> bool:
    return "A first paragraph" in preview.body("/essays/bench/")


def code(answer: bytes) -> int:
    return int(answer[9:12]) if answer else 0


@pytest.mark.parametrize(
    "path",
    [
        *["/", "/essays/bench/", "/essays/bench/index.html", "/nowhere/", "/../secret.txt"],
        *["/essays/bench", "/.sitegen/client.js", "/.sitegen/live", "/sitemap.xml"],
    ],
)
def test_every_answer_is_for_this_browser_alone(preview: Preview, path: str) -> None:
    _, answer = preview.ask(path)
    head = answer.partition("\r\n\r\n")[0].lower()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    assert SAFE.items() <= headers.items()
    assert not {"server", "access-control-allow-origin"} & headers.keys()


@pytest.mark.parametrize(
    "path",
    [
        *["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/..%5csecret.txt"],
        *["/%252e%252e/secret.txt", "/secret.txt%00.html", "//secret.txt/..", "/etc/passwd"],
        *["/essays/secret.txt~", "/site.toml", "/content/essays/bench.md", "/.sitegen/memo.pack"],
        *["/static/../../secret.txt", "/essays/../../secret.txt", "/%2e%2e%2f%2e%2e%2fetc/passwd"],
    ],
)
def test_no_path_leads_to_the_disk(preview: Preview, path: str) -> None:
    status, answer = preview.ask(path)
    assert status in {400, 404}
    assert "a secret of the disk" not in answer
    assert "root:" not in answer


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
        (b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n", {400, 421}),
        (b"GET / HTTP/1.0\r\n\r\n", {400}),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: HERE\r\n\r\n", {400}),
        (b"GET //evil.example HTTP/1.1\r\nHost: HERE\r\n\r\n", {400}),
        (b"GET //evil.example/%2e%2e HTTP/1.1\r\nHost: HERE\r\n\r\n", {400}),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HERE\r\n\r\n", {400, 405}),
        (b"POST / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\n\r\nabc", {405}),
        (b"OPTIONS * HTTP/1.1\r\nHost: HERE\r\n\r\n", {405}),
        (b"TRACE / HTTP/1.1\r\nHost: HERE\r\n\r\n", {405}),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\n\r\nabc", {400}),
        (
            (
                b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
            {400},
        ),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nA: b\x00c\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\nHost : HERE\r\n\r\n", {400}),
        (b"GET / HTTP/1.1\r\n Host: HERE\r\n\r\n", {400}),
        (b"GET / HTTP/9.9\r\nHost: HERE\r\n\r\n", {505}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
        (b"\r\n\r\n\x00\x00", {400}),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}),
    ],
)
def test_what_is_no_plain_request_is_refused(
    preview: Preview, request_: bytes, expected: set[int]
) -> None:
    here = f"localhost:{preview.port}".encode()
    answer = preview.raw(request_.replace(b"HERE", here))
    assert code(answer) in expected, answer
    assert b"location" not in answer.lower()
    assert is_well(preview)


def test_an_address_without_its_slash_leads_to_the_page_and_nowhere_else(preview: Preview) -> None:
    status, answer = preview.ask("/essays/bench?next=//evil.example")
    assert status == 308
    assert "\r\nLocation: /essays/bench/\r\n" in answer


def test_a_head_has_no_body_and_a_connection_serves_many_requests(preview: Preview) -> None:
    here = f"Host: localhost:{preview.port}\r\n"
    head = f"HEAD /essays/bench/ HTTP/1.1\r\n{here}\r\n"
    last = f"GET /poems/owl/ HTTP/1.1\r\n{here}Connection: close\r\n\r\n"
    answer = preview.raw(head * 3 + last).decode()
    assert answer.count("HTTP/1.1 200") == 4
    assert "A first paragraph" not in answer
    assert answer.count("</html>") == 1


def test_an_unknown_address_is_told_in_plain_words_with_those_like_it(preview: Preview) -> None:
    status, answer = preview.ask("/essays/bnch/%3Cscript%3Ealert(1)%3C/script%3E")
    assert status == 404
    assert "<script>alert" not in answer
    status, answer = preview.ask("/esays/bench/")
    assert status == 404
    assert '<a href="/essays/bench/">' in answer


def test_a_header_of_a_megabyte_is_not_read(preview: Preview) -> None:
    assert code(preview.raw(b"GET / HTTP/1.1\r\nA: " + b"x" * (1 << 20))) in {431, 400, 0}
    assert code(preview.raw(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200_000)) in {431, 400, 0}
    assert is_well(preview)


def test_a_page_that_is_not_read_holds_nobody_up(preview: Preview) -> None:
    request = f"GET /essays/bench/ HTTP/1.1\r\nHost: localhost:{preview.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", preview.port)) as deaf:
        deaf.setblocking(False)
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(10_000):
                deaf.send(request)
        assert is_well(preview)


def memory(pid: int) -> int:
    """Megabytes that a process has in memory."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def test_thousands_of_silent_connections_leave_room_for_a_reader(preview: Preview) -> None:
    before = memory(preview.process.pid)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limit[1]), limit[1]))
    lines: list[socket.socket] = []
    try:
        for number in range(2000):
            lines.append(socket.create_connection(("127.0.0.1", preview.port), 60))
            with suppress(OSError):
                lines[-1].send(b"GET / HT"[: number % 9])
            if number % 500 == 0:
                assert is_well(preview)
        assert is_well(preview)
        held = len(os.listdir(f"/proc/{preview.process.pid}/fd"))  # noqa: PTH208
        assert held < 600
        assert memory(preview.process.pid) < before + 64
    finally:
        for line in lines:
            line.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    assert is_well(preview)


def test_a_request_that_comes_byte_by_byte_is_ended(preview: Preview) -> None:
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", preview.port), 60) as line:
        with suppress(ConnectionError):
            for char in b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20:
                line.send(bytes([char]))
                line.settimeout(0.5)
                with suppress(TimeoutError):
                    if not line.recv(1):
                        break
        assert 4 < time.monotonic() - begun < 30
    assert is_well(preview)


# --- the channel ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:1",
        "https://localhost",
        "//",
        "localhost",
        "",
    ],
)
def test_a_channel_of_another_origin_is_refused(
    preview: Preview, tab: OpenTab, origin: str
) -> None:
    assert tab(preview, "/", {"Origin": origin}).status == 403
    assert tab(preview, "/", {}).status == 403
    assert tab(preview, "/").status == 101


def test_the_channel_is_no_page(preview: Preview) -> None:
    origin = f"Origin: http://localhost:{preview.port}"
    assert preview.ask("/.sitegen/live", origin)[0] == 426
    wrong = [origin, "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    assert preview.ask("/.sitegen/live", *wrong)[0] == 400
    assert preview.ask("/.sitegen/live", *wrong, "Sec-WebSocket-Key: short")[0] == 400


@pytest.mark.parametrize(
    "message",
    ["", "{", "[]", '{"path": 5}', '{"path": "/", "files": ["x", 5]}', "\ud7ff", "x" * 200_000],
    ids=len,
)
def test_nonsense_on_the_channel_ends_it(preview: Preview, tab: OpenTab, message: str) -> None:
    page = tab(preview, "/essays/bench/")
    page.state()
    with suppress(ConnectionError):
        page.say(message)
        page.say(message)
        assert type(page.next()).__name__ == "CloseConnection"
    assert is_well(preview)


def test_too_many_files_end_it(preview: Preview, tab: OpenTab) -> None:
    page = tab(preview, "/essays/bench/")
    page.state()
    page.say({"path": "/", "files": ["/x"] * 201})
    assert type(page.next()).__name__ == "CloseConnection"


def test_frames_that_are_none_end_it(preview: Preview, tab: OpenTab) -> None:
    for raw in (b"\xff" * 64, b"\x81\xff" + b"\xff" * 8 + b"abcd", b"\x81\x05hello"):
        page = tab(preview, "/essays/bench/")
        page.state()
        page.socket.sendall(raw)
        page.socket.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while page.socket.recv(4096):
                pass
    assert is_well(preview)


def test_two_hundred_pages_are_open_some_die_and_the_others_are_told(
    preview: Preview, tab: OpenTab
) -> None:
    preview.write("content/essays/crowd.md", "# Crowd\n\nBefore.\n")
    preview.await_body("/essays/crowd/", "Before.")
    pages = [tab(preview, "/essays/crowd/") for _ in range(200)]
    etags = {page.await_state(lambda state: state["etag"])["etag"] for page in pages}
    assert len(etags) == 1
    for page in pages[::2]:  # without a word: the connection is reset
        linger = struct.pack("ii", 1, 0)
        page.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        page.socket.close()
    preview.write("content/essays/crowd.md", "# Crowd\n\nAfterwards.\n")
    for page in pages[1::2]:
        page.await_state(lambda state: state["etag"] not in etags)
    end = time.monotonic() + 30
    fds = f"/proc/{preview.process.pid}/fd"
    while len(os.listdir(fds)) > 150:  # noqa: PTH208
        assert time.monotonic() < end, "the dead are kept"
        time.sleep(0.05)


def test_a_state_tells_what_the_bar_shows(preview: Preview, tab: OpenTab) -> None:
    poem = tab(preview, "/poems/owl/").state()
    assert (poem["lines"] > 0, poem["source"]) == (True, "content/poems/owl.md")
    draft = tab(preview, "/essays/half/").state()
    assert draft["note"] == "draft"
    essay = tab(preview, "/essays/bench/").state()
    assert essay["words"] > 5
    assert essay["minutes"] == 1
    assert json.dumps(essay["errors"]) == "[]"
    assert tab(preview, "/nowhere/").state()["etag"] == ""
