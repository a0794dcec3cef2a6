"""`[deploy.NAME]` of `site.toml`: where a site may be deployed to.

Comes in: the text of `site.toml`. Goes out: the settings of one target, or every mistake of the
tables at its place. Secrets have no key here: they come from the environment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from msgspec import NODEFAULT
from msgspec.structs import fields

from sitegen.errors import ConfigError, suggest
from sitegen.model import Value
from sitegen.toml import Table, read_toml


class Settings(Value, frozen=True):
    """What every target can be told."""

    name: str
    """`NAME` of its table."""
    keep: int = 3
    """Releases whose assets are kept, and that can be gone back to."""
    keep_days: int = 30
    """And all that are younger than so many days."""
    max_deletes: int | None = None
    """Files that may go without being asked for; else 50, or a tenth of the site."""
    workers: int | None = None
    """Requests at once, up to 64; else what suits the target."""
    timeout: float = 30.0
    """Seconds that one request may take."""
    patience: float = 120.0
    """Seconds that a run may spend on waiting for another try."""


class GitSettings(Settings, frozen=True, kw_only=True):
    """`type = "git"`."""

    remote: str
    """A URL, a folder, or the name of a remote of the site's repository."""
    branch: str = "gh-pages"
    """The branch that is served."""
    history: Literal["keep", "one"] = "keep"
    """Whether a deploy is a commit on top of the last (`keep`), or the only one (`one`)."""


class S3Settings(Settings, frozen=True, kw_only=True):
    """`type = "s3"`: Amazon's or compatible."""

    bucket: str
    """The name of the bucket."""
    prefix: str = ""
    """What its keys begin with: `blog/`."""
    endpoint: str = ""
    """The address of the service, where it is not Amazon's or the environment's."""
    region: str = ""
    """The region; else that of the environment."""


class SshSettings(Settings, frozen=True, kw_only=True):
    """`type = "ssh"`."""

    host: str
    """As `ssh` takes it: `me@example.org`, or a name of its configuration."""
    path: str
    """The folder of releases; serve `PATH/current`."""
    port: int | None = None
    """The port of the ssh server; else what `ssh` takes."""


class DirectorySettings(Settings, frozen=True, kw_only=True):
    """`type = "directory"`."""

    path: str
    """A folder, relative to the site's; a leading `~` is the home's."""
    atomic: bool = False
    """Whether it has releases and a link `current`, for which serve `PATH/current`."""


TYPES: Mapping[str, type[Settings]] = {
    "git": GitSettings,
    "s3": S3Settings,
    "ssh": SshSettings,
    "directory": DirectorySettings,
}
LEAST = {"keep": 1, "keep_days": 0, "max_deletes": 0, "workers": 1, "port": 1}
MOST_WORKERS = 64
EXAMPLE = (
    "let one be written: sitegen deploy --init github-pages (or s3, ssh and others); or write"
    ' [deploy.web] with type = "ssh", host = "example.org", path = "/srv/www"'
)
NO_SECRETS = (
    "it comes from the environment, or from the tool's own store; say it there, and change it"
)
SECRETS = ("secret", "password", "token", "access_key", "passphrase", "credential")
PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def read_targets(text: str, path: str = "site.toml") -> dict[str, Settings]:
    """All targets by name; raises a group of `ConfigError` with every mistake of their tables."""
    toml = read_toml(text.removeprefix("\ufeff").replace("\r\n", "\n"), path, ConfigError)
    mistakes: list[ConfigError] = []
    tables = Table(toml, mistakes, (), toml.values).tables("deploy")
    targets = {table.keys[-1]: _settings(table) for table in tables}
    if mistakes:
        raise ExceptionGroup(f"{len(mistakes)} mistake(s) in {path}", mistakes)
    return {name: each for name, each in targets.items() if each}


def choose(targets: Mapping[str, Settings], name: str | None) -> Settings:
    """The target that is meant; the only one there is needs no name."""
    if not targets:
        raise ConfigError("site.toml names no target to deploy to", hint=EXAMPLE)
    if name is None and len(targets) == 1:
        return next(iter(targets.values()))
    if name is None:
        hint = f"say which: sitegen deploy {next(iter(targets))}"
        raise ConfigError(f"there are several targets: {', '.join(targets)}", hint=hint)
    if name not in targets:
        raise ConfigError(f'unknown target "{name}"', hint=suggest(name, targets, "Known targets"))
    return targets[name]


def _settings(table: Table) -> Settings | None:
    """The settings of one table; None if its mistakes leave none."""
    name, kind = table.keys[-1], table.text("type")
    where = f"in [deploy.{name}]"
    if kind not in TYPES:
        what = f'unknown type "{kind}"' if kind else f"there is no type {where}"
        table.wrong("type", what, suggest(kind, TYPES, "Known types"))
        return None
    struct, before = TYPES[kind], len(table.mistakes)
    known = {field.name: field for field in fields(struct) if field.name != "name"}
    for key in (secrets := [key for key, value in table.values.items() if _is_secret(key, value)]):
        line = table.toml.place(*table.keys, key).key.line  # no span: an excerpt would show it
        message = f'"{key}" {where} (line {line}) holds a secret'
        table.mistakes.append(ConfigError(message, hint=NO_SECRETS))
    rest = {key: value for key, value in table.values.items() if key not in secrets}
    table = Table(table.toml, table.mistakes, table.keys, rest)
    table.known([*known, "type"], where)
    values: dict[str, Any] = {"name": name}
    for key, field in known.items():
        if key in table.values:
            values[key] = _value(table, key, field.type)
        elif field.default is NODEFAULT and key not in secrets:
            table.wrong(key, f'{where[3:]} lacks {key}, which a target of type "{kind}" needs')
    return struct(**values) if len(table.mistakes) == before else None


def _is_secret(key: str, value: object) -> bool:
    by_name = any(each in key.lower() for each in SECRETS)
    return by_name or (isinstance(value, str) and PASSWORD.search(value) is not None)


def _value(table: Table, key: str, kind: Any) -> Any:
    """The value of a key that is there, of the type of its field."""
    if choices := [each for each in get_args(kind) if isinstance(each, str)]:
        value = table.text(key)
        if value not in choices:
            table.wrong(key, f'{key} is "{value}"', suggest(value, choices, "Known values"))
        return value
    if kind is bool:
        return table.get(key, bool, default=False)
    if kind is str:
        value = table.text(key)
        if not value and key != "prefix":
            table.wrong(key, f"{key} is empty")
        return value
    if kind is float:
        seconds = table.get(key, float, 1.0)
        if not (math.isfinite(seconds) and seconds > 0):
            table.wrong(key, f"{key} must be more than 0 seconds, and not {seconds}")
        return seconds
    number = table.at_least(key, LEAST[key], LEAST[key])
    if key == "workers" and number > MOST_WORKERS:
        table.wrong(key, f"workers must be {MOST_WORKERS} or fewer, and not {number}")
    return number
