"""`sitegen serve` from its first line to its end: it dies of nothing but its writer's wish."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sitegen.cli import main
from tests.preview.conftest import SITE, OpenTab, Serve
from tests.sites import write_files


def test_the_sites_own_files_are_as_they_would_be_published(serve: Serve, tmp_path: Path) -> None:
    preview = serve()
    public = tmp_path / "public"
    write_files(preview.site, "== content/essays/leaf.txt\na leaf\n")
    preview.await_body("/essays/leaf.txt", "a leaf")
    program = [sys.executable, "-m", "sitegen", "build", "--drafts", "--future", "-q"]
    subprocess.run([*program, "-s", preview.site, "-o", public], check=True)
    files = [each for each in public.rglob("*") if each.is_file() and each.name != ".sitegen.json"]
    assert len(files) > 15
    for file in files:
        path = f"/{file.relative_to(public).as_posix()}"
        served = preview.body(path)
        if file.suffix == ".html":
            assert served.count("/.sitegen/client.js") == 1
            before, _, rest = served.partition('<script src="/.sitegen/client.js"')
            served = before + rest.partition("</script>")[2]
        assert served == file.read_text(encoding="utf-8"), path
    own = {each.name for each in preview.site.iterdir()}
    assert own == {"content", "site.toml", ".sitegen"}  # it wrote nothing but what it remembers


def test_every_option_is_documented() -> None:
    page = (Path(__file__).parents[2] / "content/manual/preview.md").read_text(encoding="utf-8")
    own = {"-s", "--format", "-q", "-v", "--drafts"}
    for each in main.commands["serve"].params:
        assert each.opts[0] in own or f"`{each.opts[0]}" in page, each.opts
    assert "`--no-drafts`" in page


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_with_channels_open(
    serve: Serve, tab: OpenTab, how: signal.Signals
) -> None:
    preview = serve()
    pages = [tab(preview, "/essays/bench/") for _ in range(20)]
    assert all(page.state()["etag"] for page in pages)
    with socket.create_connection(("127.0.0.1", preview.port)) as silent:
        silent.send(b"GET / HT")
        code, seconds = preview.end(how)
    assert code == 0
    assert seconds < 2  # 0.3 on a machine that is not busy
    assert type(pages[0].next()).__name__ == "CloseConnection"


def test_somebody_who_cannot_wait_sees_no_traceback(serve: Serve) -> None:
    preview = serve()
    while preview.process.poll() is None:  # Ctrl+C, a thousand times a second
        preview.process.send_signal(signal.SIGTERM)
        time.sleep(0.001)
    assert preview.process.returncode == 0
    preview.close()
    rest = "".join(iter(preview.lines.get, ""))
    assert "Traceback" not in rest


def test_it_ends_at_once_while_a_source_is_parsed(serve: Serve) -> None:
    preview = serve()
    figure = "```attention\nview: heads\nmodel: toy\ntext: {}\nseed: 1\nlayers: 6\nheads: 12\n```\n"
    text = "# Slow\n\n" + "\n".join(figure.format(" ".join("abcdefgh"[:n])) for n in range(4, 9))
    preview.write("content/essays/slow.md", text)
    time.sleep(0.2)  # wherever it is by then
    code, seconds = preview.end()
    assert code == 0
    assert seconds < 2
    again = serve(port=preview.port, site=preview.site)  # the port is free
    assert again.port == preview.port


def test_a_port_that_is_taken_is_named_and_the_next_one_is_found(
    serve: Serve, tmp_path: Path
) -> None:
    preview = serve()
    program = [sys.executable, "-m", "sitegen", "serve", "-s", str(tmp_path / "site")]
    done = subprocess.run(
        [*program, "--port", str(preview.port)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: port {preview.port} is taken")
    assert "--port" in done.stderr


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from sitegen.preview import command

    [first, *others] = command.listen(None, 0)
    port = first.getsockname()[1]
    monkeypatch.setattr(command, "PORT", port)
    found = command.listen(None, None)
    assert found[0].getsockname()[1] > port
    assert {each.getsockname()[0] for each in found} <= {"127.0.0.1", "::1"}
    for each in [first, *others, *found]:
        each.close()


def test_a_folder_that_is_no_site_is_said_to_be_none(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "sitegen", "serve", "-s", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no site.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_site_is_opened_in_a_browser_where_asked_for(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, asked = tmp_path / "browser", tmp_path / "asked"
    browser.write_text(f'#!/bin/sh\necho "$1" > {asked}.new\nmv {asked}.new {asked}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    preview = serve("--open")
    end = time.monotonic() + 60
    while not asked.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert asked.read_text().strip() == f"{preview.address}/"


def test_each_save_is_one_line(serve: Serve) -> None:
    preview = serve()
    preview.write("content/poems/owl.md", "# Owl\n\nLate\n")
    line = preview.await_line("owl.md")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  content/poems/owl.md → /poems/owl/.*  \d+ ms\n", line)
    preview.write("content/poems/owl.md", "---\ndate: never\n---\n")
    assert "not shown, for it is wrong" in preview.await_line("owl.md")
    assert preview.await_line("content/poems/owl.md:2:7: error")
    assert preview.await_line("1 error")
    preview.write("content/poems/owl.md", "# Owl\n\nLater\n")
    assert "→ /poems/owl/" in preview.await_line("owl.md")
    preview.await_body("/poems/owl/", "Later")
    preview.end()
    assert "Traceback" not in "".join(preview.said)


def test_each_save_is_a_line_of_json_where_asked_for(tmp_path: Path) -> None:
    write_files(tmp_path, SITE)
    command = [sys.executable, "-m", "sitegen", "serve", "--format", "json", "--port", "0"]
    with subprocess.Popen(
        [*command, "-s", tmp_path], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout
            assert json.loads(process.stdout.readline())["address"].startswith("http://localhost:")
            write_files(tmp_path, "== content/poems/owl.md\n# Owl\n\nLate\n")
            told = json.loads(process.stdout.readline())
            assert (told["saved"], told["good"]) == (["content/poems/owl.md"], True)
            assert "/poems/owl/" in told["changed"]
        finally:
            process.terminate()


BROKEN = "{% extends 'base.html' %}{% block main %}{{ nothing.here }}{% endblock %}"


def test_a_broken_template_is_told_and_the_last_good_page_stays(serve: Serve) -> None:
    preview = serve()
    before = preview.body("/essays/bench/")
    preview.write("templates/page.html", BROKEN)
    preview.await_line("templates/page.html:1")
    assert preview.body("/essays/bench/") == before
    preview.write("templates/page.html", "{% if %}")
    preview.await_line("templates/page.html:1")
    (preview.site / "templates/page.html").unlink()
    preview.await_line("templates/page.html")
    preview.write("content/essays/bench.md", "# Bench\n\nAll is well.\n")
    preview.await_body("/essays/bench/", "All is well.")


def test_what_is_wrong_from_the_beginning_ends_nothing(serve: Serve, tab: OpenTab) -> None:
    preview = serve(text="== templates/page.html\n{% if %}\n== content/essays/bad.md\n---\nx\n")
    page = tab(preview, "/essays/bench/")
    state = page.state()
    assert state["etag"] == ""
    assert "templates/page.html" in state["errors"][0]["text"]
    assert "client.js" in preview.body("/essays/bench/")  # a page that waits
    (preview.site / "templates/page.html").unlink()
    page.await_state(lambda state: state["etag"])  # what there is, is shown
    preview.write("content/essays/bad.md", "# Better\n")
    page.await_state(lambda state: not state["errors"])


def test_a_configuration_with_a_mistake_is_told(serve: Serve, tab: OpenTab) -> None:
    preview = serve()
    page = tab(preview, "/essays/bench/")
    page.state()
    config = (preview.site / "site.toml").read_text(encoding="utf-8")
    preview.write("site.toml", f"{config}titel = 'x'\n")
    state = page.await_state(lambda state: state["errors"])
    assert "did you mean" in state["errors"][0]["text"]
    (preview.site / "site.toml").unlink()
    page.await_state(lambda state: "there is no site.toml" in str(state["errors"]))
    preview.write("site.toml", config)
    page.await_state(lambda state: not state["errors"])


def test_drafts_and_what_is_to_come_are_shown_and_marked_or_left_out(
    serve: Serve, tab: OpenTab
) -> None:
    later = "== content/essays/later.md\n---\ndate: 2999-01-01\n---\n# Later\n"
    preview = serve(text=later)
    assert "2999-01-01" in tab(preview, "/essays/later/").state()["note"]
    assert tab(preview, "/essays/half/").state()["note"] == "draft"
    assert '<meta name="robots" content="noindex">' in preview.body("/essays/half/")
    preview.close()
    without = serve("--no-drafts", site=preview.site)
    assert without.ask("/essays/half/")[0] == 404
    assert without.ask("/essays/later/")[0] == 404
    assert without.ask("/essays/bench/")[0] == 200


def test_a_base_path_is_where_the_site_is(serve: Serve) -> None:
    preview = serve(text="== site.toml\ntitle = 'A'\nurl = 'https://a.example/blog/'\n")
    status, answer = preview.ask("/")
    assert (status, "Location: /blog/" in answer) == (303, True)
    assert preview.ask("/blog/essays/bench/")[0] == 200
    assert preview.ask("/essays/bench/")[0] == 404


def test_another_machine_needs_the_ticket(serve: Serve) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only asks which address is ours
        except OSError:
            pytest.skip("this machine has the loopback only")
        address = str(probe.getsockname()[0])
    preview = serve("--host", address)
    link = preview.await_line("from another machine").split("once: ")[1].strip()
    assert "nothing is encrypted" in "".join(preview.said)

    def ask(path: str, *headers: str) -> str:
        request = [f"GET {path} HTTP/1.1", f"Host: {address}:{preview.port}", *headers]
        with socket.create_connection((address, preview.port), 30) as line:
            line.sendall("\r\n".join([*request, "Connection: close", "", ""]).encode())
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()

    assert ask("/essays/bench/").startswith("HTTP/1.1 403")
    path = link.partition(f":{preview.port}")[2]
    let_in = ask(path)
    assert let_in.startswith("HTTP/1.1 303")
    cookie = let_in.partition("Set-Cookie: ")[2].partition(";")[0]
    assert ask("/essays/bench/", f"Cookie: {cookie}").startswith("HTTP/1.1 200")
    assert ask(path).startswith("HTTP/1.1 403")
    assert preview.await_line("from another machine").strip() != link
