"""`sitegen deploy --init`: what a host needs, to begin with.

Comes in: the name of a host. Goes out: a table at the end of `site.toml`, and where the host builds
by itself the file in its repository that it reads. No file is ever replaced, and nothing is
written before all of it was checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from sitegen.config import read_config
from sitegen.deploy.config import read_targets
from sitegen.deploy.programs import run
from sitegen.errors import ConfigError, OutputError, suggest
from sitegen.hosting import ASK_AGAIN, FOR_EVER, SECURITY
from sitegen.inputs import read_site_config
from sitegen.screen import Screen

FILES = Path(__file__).with_name("hosts")
NAME = re.compile(r"[A-Za-z0-9_-]+")
SAY_WHERE = """\
# Say here where pip finds sitegen; its name alone would bring another program. As in:
# sitegen @ git+https://example.org/sitegen@COMMIT
"""
HEADERS = [
    {"source": source, "headers": [{"key": key, "value": value} for key, value in each.items()]}
    for source, each in (
        ("/(.*)", {**SECURITY, "Cache-Control": ASK_AGAIN}),
        (r"/(.*\.[0-9a-f]{10}\.(?:css|js))", {"Cache-Control": FOR_EVER}),
    )
]
"""As Vercel has them, where the last one counts."""


class Host(NamedTuple):
    """A host: its table, where in the repository its files go, and what is left to be done."""

    table: str
    """The lines of `[deploy.NAME]`; "" for a host that fetches the sources itself."""
    files: Mapping[str, str]
    """By path in the repository, the file of ours that goes there."""
    next: str
    server: str = ""
    """What `[hosting]` says, if there is none yet."""


COMMIT = "commit site.toml and the new files, and push"
HOSTS: dict[str, Host] = {
    "github-pages": Host(
        'type = "git"\nremote = "origin"\nbranch = "gh-pages"',
        {".github/workflows/site.yml": "github-pages.yml"},
        f"{COMMIT}; after the first run choose the branch gh-pages in Settings → Pages",
    ),
    "gitlab-pages": Host(
        'type = "directory"\npath = "public"',
        {".gitlab-ci.yml": "gitlab-pages.yml"},
        f"{COMMIT}; the address is in Deploy → Pages",
    ),
    "codeberg": Host(
        'type = "git"\nremote = "origin"\nbranch = "pages"',
        {".forgejo/workflows/site.yml": "codeberg.yml"},
        f"enable Actions in the settings of the repository; {COMMIT}",
    ),
    "sourcehut": Host(
        'type = "directory"\npath = "published"',
        {".build.yml": "sourcehut.yml"},
        f"{COMMIT} to git.sr.ht, which builds what it is given",
    ),
    "s3": Host(
        'type = "s3"\nbucket = "my-bucket"\nregion = "eu-central-1"',
        {},
        "write the bucket's name and region; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;"
        " pip install 'sitegen[s3]'",
    ),
    "r2": Host(
        'type = "s3"\nbucket = "my-bucket"\nregion = "auto"\n'
        'endpoint = "https://ACCOUNT.r2.cloudflarestorage.com"',
        {},
        "write the bucket's name and your account's; set AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY to those of an R2 token; pip install 'sitegen[s3]'",
    ),
    "ssh": Host(
        'type = "ssh"\nhost = "me@@HOST@"\npath = "/srv/www"',
        {},
        "write the host as ssh takes it, and a folder there that you may write to; serve"
        ' /srv/www/current. [hosting] server = "nginx" writes what nginx is to include',
    ),
    "directory": Host(
        'type = "directory"\npath = "/srv/www"\natomic = true',
        {},
        "write the folder; serve its current/",
    ),
    "netlify": Host(
        "",
        {"netlify.toml": "netlify.toml"},
        f"{COMMIT}; import the repository at Netlify",
        server="netlify",
    ),
    "cloudflare-pages": Host(
        "",
        {"wrangler.toml": "wrangler.toml", ".python-version": ""},
        f"{COMMIT}; import the repository at Cloudflare Pages under the name that is in"
        " wrangler.toml, with the build command: sitegen build@S@ --locked",
        server="cloudflare-pages",
    ),
    "vercel": Host(
        "",
        {"vercel.json": "vercel.json"},
        f"{COMMIT}; import the repository at Vercel. Aliases stay pages that send readers on",
    ),
}
PYTHON = "3.12\n"


class Begun(NamedTuple):
    """What is to be written: text to add to `site.toml`, and new files by path."""

    table: str
    files: Mapping[Path, str]
    next: str


def begin(screen: Screen, wanted: str, target: str | None) -> None:
    """Write what a host needs, as the target `target`, and say what is left to be done.

    Raises `ConfigError` or `OutputError` for whatever is there already; then nothing was written.
    """
    begun = plan_beginning(screen.site, wanted, target)
    try:
        for path, text in begun.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        if begun.table:
            with (screen.site / "site.toml").open("ab") as toml:
                toml.write(begun.table.encode())
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot write {error.filename}: {why}") from error
    written = [_named(path) for path in begun.files]
    lines = [*(f"created {path}" for path in written), f"next: {begun.next}"]
    if begun.table:
        lines.insert(0, f"added to site.toml:\n{begun.table.strip()}")
    said = {"host": wanted, "added": begun.table.strip(), "created": written, "next": begun.next}
    screen.result(said, "\n".join(lines))


def plan_beginning(site: Path, wanted: str, target: str | None) -> Begun:
    """What `begin` would write; reads `site.toml` and asks git, and writes nothing."""
    config = read_site_config(site)
    if wanted not in HOSTS:
        raise ConfigError(f'unknown host "{wanted}"', hint=suggest(wanted, HOSTS, "Known hosts"))
    host, name = HOSTS[wanted], target or wanted
    if not NAME.fullmatch(name):
        raise ConfigError(f'"{name}" is no name of a target', hint="write letters, digits, - and _")
    text = (site / "site.toml").read_bytes().decode("utf-8")
    if host.table and name in read_targets(text):
        raise ConfigError(
            f"[deploy.{name}] is in site.toml already",
            hint=f"give the new one another name: sitegen deploy NAME --init {wanted}",
        )
    root = Path(_git(site, "rev-parse", "--show-toplevel") or site.resolve())
    words = _words(site.resolve().relative_to(root.resolve()), root, config.url, name)
    words["BRANCH"] = _git(site, "symbolic-ref", "--short", "HEAD") or "main"
    table = f"[deploy.{name}]\n{_fill(host.table, words)}\n" if host.table else ""
    if host.server and not config.hosting.server:
        table += f'[hosting]\nserver = "{host.server}"\n'
    added = _added(text, table)
    files = {
        root / path: _fill((FILES / own).read_text(encoding="utf-8"), words) if own else PYTHON
        for path, own in host.files.items()
    }
    for path in files:
        if path.exists() or path.is_symlink():
            hint = "move it away, or write by hand what you need; nothing was changed"
            raise OutputError(f'"{path}" exists already', hint=hint)
    requirements, after = site / "requirements.txt", _fill(host.next, words)
    if files and not requirements.exists():
        files[requirements] = _requirement() or SAY_WHERE
        if files[requirements] == SAY_WHERE:
            after = f"say in {_named(requirements)} where pip finds sitegen; {after}"
    return Begun(added, files, after)


def _named(path: Path) -> str:
    """A path as it is typed here: short where it is below."""
    here, there = Path.cwd().resolve(), path.resolve()
    return str(there.relative_to(here) if there.is_relative_to(here) else there)


def _requirement() -> str:
    """Where pip got this program from (PEP 610), as a requirement; "" if only this machine has it.

    Its name alone would bring another program.
    """
    from importlib.metadata import distribution

    origin = json.loads(distribution("sitegen").read_text("direct_url.json") or "{}")
    if vcs := origin.get("vcs_info"):
        return f"sitegen @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}\n"
    return f"sitegen @ {origin['url']}\n" if origin.get("url", "").startswith("http") else ""


def _words(folder: Path, root: Path, url: str, name: str) -> dict[str, str]:
    """What stands in a template between two @. `folder`: the site's, below the repository's."""
    below = "" if folder == Path() else folder.as_posix()
    if below and not re.fullmatch(r"[\w./-]+", below):
        raise ConfigError(
            f'the site is in "{below}", which a shell would misread',
            hint="give the folder a name of letters, digits, - and _",
        )
    host = urlsplit(url).hostname or ""
    return {
        "DIR": f"{below}/" if below else "",
        "S": f" -s {below}" if below else "",
        "TARGET": name,
        "HOST": host,
        "NAME": re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-"),
        "REPOSITORY": root.name,
        "HEADERS": json.dumps(HEADERS, indent=2).replace("\n", "\n  "),
    }


def _fill(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


def _added(text: str, table: str) -> str:
    """The table as it is added to the end of `site.toml`, with the line ends of that file."""
    if not table:
        return ""
    end = "\r\n" if "\r\n" in text else "\n"
    gap = end if text.endswith("\n") or not text else end * 2
    added = gap + table.replace("\n", end)
    try:
        read_config(text + added)
        read_targets(text + added)
    except ExceptionGroup as group:  # `deploy = { … }` cannot be added to
        hint = f"write it there by hand:\n{table}"
        raise ConfigError("the table cannot be added to the end of site.toml", hint=hint) from group
    return added


def _git(site: Path, *arguments: str) -> str:
    """What git says of the repository that the site is in; "" where there is none."""
    try:
        done = run(["git", "-C", str(site), *arguments])
    except OSError:
        return ""
    return "" if done.code else done.out.decode("utf-8", "replace").strip()
