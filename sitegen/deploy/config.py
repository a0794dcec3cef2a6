"""`[deploy.NAME]` of `site.toml`: where a site may be deployed to.

Comes in: the text of `site.toml`. Goes out: the settings of one target, or every mistake of its
table at its place. Secrets have no key here: they come from the environment.
"""

from __future__ import annotations

from sitegen.model import Value


class Settings(Value, frozen=True):
    """What every target can be told."""

    name: str
    """`NAME` of its table."""
    keep: int = 3
    """Releases whose assets are kept, and that can be gone back to..."""
    keep_days: int = 30
    """... and all that are younger."""
    max_deletes: int | None = None
    workers: int | None = None
    """Requests at once; None: what suits the target."""
    timeout: float = 30
    """Seconds that one request may take..."""
    patience: float = 120
    """... and that a run may spend on waiting for another try."""


class GitSettings(Settings, frozen=True, kw_only=True):
    """`type = "git"`. `remote`: a URL, or the name of a remote of the site's repository."""

    remote: str
    branch: str = "gh-pages"


class S3Settings(Settings, frozen=True, kw_only=True):
    """`type = "s3"`: Amazon's or compatible. Empty `endpoint` and `region`: the environment's."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""


class SshSettings(Settings, frozen=True, kw_only=True):
    """`type = "ssh"`: `host` as `ssh` takes it (`[user@]name`), `path` the folder of releases."""

    host: str
    path: str
    port: int | None = None


class DirectorySettings(Settings, frozen=True, kw_only=True):
    """`type = "directory"`: `path` relative to the site's folder, a leading `~` the home's."""

    path: str
    atomic: bool = False
