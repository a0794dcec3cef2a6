"""Which requests are answered, decided from their words alone."""

from __future__ import annotations

import pytest

from sitegen.preview.guard import Asked, Tickets, is_loopback, path_of, refuse, refuse_live

HOST = (b"Host", b"localhost:8000")
KEY = (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ==")


def asked(*headers: tuple[bytes, bytes], target: str = "/", method: str = "GET") -> Asked:
    return Asked(method, target.encode(), headers, ("127.0.0.1", 8000), "127.0.0.1")


def status(*headers: tuple[bytes, bytes], target: str = "/", method: str = "GET") -> int:
    refusal = refuse(asked(*headers, target=target, method=method))
    return refusal.status if refusal else 200


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000"]
)
def test_the_names_of_this_machine_are_answered(host: str) -> None:
    assert status((b"Host", host.encode())) == 200


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost", 421),
        ("localhost:8001", 421),
        ("127.0.0.1.evil.example:8000", 421),
        ("localhost:8000.evil.example", 421),
        ("localhost:8000@evil.example", 421),
        ("2130706433:8000", 421),
        ("", 400),
        (" ", 400),
    ],
)
def test_other_names_are_not(host: str, code: int) -> None:
    assert status((b"Host", host.encode())) == code


def test_a_host_is_named_once() -> None:
    assert status() == 400
    assert status(HOST, HOST) == 400


@pytest.mark.parametrize(
    "target",
    [
        *["/../x", "/%2e%2e/x", "/..%2fx", "/..%5cx", "/x%00.html", "//x/..", "//evil.example"],
        *["/a/./b", "/a//b", "/a/%2e", "/a%2f%2fb", "/\\evil", "/%ff", "/%C0%AE%C0%AE/", "/a#b"],
        *[
            "http://evil.example/",
            "http://localhost:8000/",
            "*",
            "evil",
            "",
            "/%0d%0aX: y",
            "/..?x",
        ],
    ],
)
def test_an_address_is_spelt_in_the_plainest_way(target: str) -> None:
    assert path_of(target.encode()) is None
    assert status(HOST, target=target) == 400


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a/b/?c=/../d", "/a/b/"),
        ("/%252e%252e/x", "/%2e%2e/x"),
        ("/caf%C3%A9/", "/café/"),
        ("/a%20b", "/a b"),
        ("/...", "/..."),
    ],
)
def test_a_path_is_decoded_once(target: str, path: str) -> None:
    assert path_of(target.encode()) == path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get"])
def test_nothing_but_get_and_head(method: str) -> None:
    assert status(HOST, method=method) == 405
    assert status(HOST, method="HEAD") == 200


@pytest.mark.parametrize(
    "header",
    [
        (b"Content-Length", b"5"),
        (b"Content-Length", b"0, 5"),
        (b"Transfer-Encoding", b"chunked"),
        (b"transfer-encoding", b"identity"),
    ],
)
def test_no_request_has_a_body(header: tuple[bytes, bytes]) -> None:
    assert status(HOST, header) == 400


def fetched(site: str, mode: str = "no-cors", dest: str = "image") -> int:
    names = (b"Sec-Fetch-Site", b"Sec-Fetch-Mode", b"Sec-Fetch-Dest")
    return status(HOST, *zip(names, (site.encode(), mode.encode(), dest.encode()), strict=True))


def test_another_site_may_lead_here_and_use_nothing() -> None:
    assert fetched("same-origin") == fetched("none") == 200
    assert fetched("cross-site", "navigate", "document") == 200
    assert fetched("cross-site", "navigate", "iframe") == 403
    assert fetched("cross-site", "no-cors", "script") == 403
    assert fetched("same-site", "cors", "empty") == 403  # another port of this machine


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:8001", "https://localhost:8000", ""]
)
def test_an_origin_is_our_own(origin: str) -> None:
    assert status(HOST, (b"Origin", b"http://localhost:8000")) == 200
    assert status(HOST, (b"Origin", origin.encode())) == 403


LIVE = {
    "origin": (b"Origin", b"http://localhost:8000"),
    "upgrade": (b"Upgrade", b"websocket"),
    "version": (b"Sec-WebSocket-Version", b"13"),
    "key": KEY,
}


@pytest.mark.parametrize(
    ("left_out", "code"), [("origin", 403), ("upgrade", 426), ("version", 400), ("key", 400)]
)
def test_a_channel_has_an_origin_and_all_of_its_headers(left_out: str, code: int) -> None:
    assert refuse_live(asked(HOST, *LIVE.values())) is None
    refusal = refuse_live(asked(HOST, *(LIVE[name] for name in LIVE if name != left_out)))
    assert refusal
    assert refusal.status == code


def test_a_ticket_is_good_for_one_time_and_its_cookie_for_as_long_as_the_preview() -> None:
    tickets = Tickets()
    first = tickets.ticket
    assert tickets.take(asked(HOST, target="/?ticket=wrong")) is None
    assert tickets.take(asked(HOST)) is None
    cookie = tickets.take(asked(HOST, target=f"/?ticket={first}"))
    assert cookie
    assert tickets.take(asked(HOST, target=f"/?ticket={first}")) is None
    value = cookie.partition(";")[0].encode()
    assert tickets.admits(asked(HOST, (b"Cookie", b"other=1; " + value)))
    assert not tickets.admits(asked(HOST, (b"Cookie", value[:-1])))
    assert not tickets.admits(asked(HOST))


def test_an_address_of_this_machine_is_known_in_all_its_forms() -> None:
    assert all(map(is_loopback, ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]))
    assert not any(map(is_loopback, ["10.0.0.1", "fe80::1%eth0", "0.0.0.0", "localhost", ""]))  # noqa: S104
