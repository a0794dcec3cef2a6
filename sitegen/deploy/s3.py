"""The target S3: Amazon's store, or one that is compatible (R2, B2, MinIO, Garage, SeaweedFS).

Comes in: `S3Settings`, and credentials from the usual environment variables only. Goes out: a
plain `Target`. Objects are put in one piece, so an ETag is the MD5 of their bytes nearly
everywhere; where it is not, the record of the core knows the tag that `put` answered. The lock is
an object that is written on the condition that there is none, or that it is still the same one.

`obstore` is used by its synchronous functions, in the core's threads: an event loop of its own
aborted the process at its end now and then. It does not retry; that is the core's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitegen.deploy.answers import explain
from sitegen.deploy.config import S3Settings
from sitegen.deploy.lock import decode_claim, encode_claim, is_abandoned
from sitegen.deploy.target import (
    LOCK,
    OWN,
    BusyError,
    Claim,
    Digest,
    Headers,
    LockHeldError,
    LockLostError,
    UnusableError,
)
from sitegen.errors import DeployError

if TYPE_CHECKING:
    from obstore.store import S3Store

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
"""One of these is set where there are credentials."""


def open_target(settings: S3Settings, _site: Path) -> S3Target:
    """The bucket; nothing is asked of the store yet."""
    return S3Target(settings)


class S3Target:
    """A bucket, or what begins with a prefix in it."""

    atomic = False
    has_headers = True
    batch = 8

    def __init__(self, settings: S3Settings) -> None:
        prefix = settings.prefix.strip("/")
        self.name = f"s3://{settings.bucket}{f'/{prefix}' if prefix else ''}"
        self.workers = settings.workers or 16
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = settings.endpoint or os.environ.get("AWS_ENDPOINT_URL", "")
        self._store = _open(settings, self._endpoint)

    def lock(self, claim: Claim, *, force: bool) -> S3Hold:
        """Write the lock where there is none, or in place of an abandoned one."""
        import obstore

        key, data = self._prefix + LOCK, encode_claim(claim)
        try:
            with self._asking():
                stored = obstore.put(self._store, key, data, mode="create", use_multipart=False)
            return S3Hold(self, claim, stored["e_tag"])
        except FileExistsError:
            pass
        former, tag, written = self._read_lock()
        if former is not None and former.token == claim.token:
            return S3Hold(self, claim, tag)
        if not force and not self._is_abandoned(former, claim.token, written):
            raise LockHeldError(f"somebody else is deploying to {self.name}", claim=former)
        try:
            return S3Hold(self, claim, self.write_lock(data, tag))
        except LockLostError:
            raise LockHeldError(f"somebody else is deploying to {self.name}") from None

    def _read_lock(self) -> tuple[Claim | None, str | None, datetime]:
        import obstore

        with self._asking():
            try:
                found = obstore.get(self._store, self._prefix + LOCK)
                return decode_claim(bytes(found.bytes())), found.meta["e_tag"], _written(found.meta)
            except FileNotFoundError:
                raise BusyError(f"the lock of {self.name} was given up just now") from None

    def _is_abandoned(self, former: Claim | None, token: str, written: datetime) -> bool:
        """By the store's own clock, which an object tells that is written now."""
        import obstore

        if is_abandoned(former, None):
            return True
        probe = f"{self._prefix}{OWN}clock-{token}"
        with self._asking():
            obstore.put(self._store, probe, b"", use_multipart=False)
            try:
                now = _written(obstore.head(self._store, probe))
            finally:
                obstore.delete(self._store, probe)
        return is_abandoned(former, (now - written).total_seconds())

    def write_lock(self, data: bytes, tag: str | None) -> str | None:
        """Replace the lock that has this tag; its new tag. Raises `LockLostError` if it has not."""
        import obstore

        key = self._prefix + LOCK
        with self._asking():
            try:
                return obstore.put(
                    self._store, key, data, mode={"e_tag": tag}, use_multipart=False
                )["e_tag"]
            except (obstore.exceptions.PreconditionError, FileNotFoundError):
                raise LockLostError(f"somebody else has taken the lock of {self.name}") from None

    def release_lock(self, claim: Claim) -> None:
        """Remove the lock, if it is this claim's."""
        with suppress(BusyError):
            former, *_ = self._read_lock()
            if former is not None and former.token == claim.token:
                self.delete(LOCK)

    def get(self, path: str, release: str | None = None) -> bytes | None:
        """The object at a path; there are no releases here."""
        del release
        found = self._get(path)
        return None if found is None else found[0]

    def _get(self, path: str) -> tuple[bytes, Mapping[str, Any]] | None:
        import obstore

        with self._asking():
            try:
                found = obstore.get(self._store, self._prefix + path)
                return bytes(found.bytes()), found.attributes
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def listing(self) -> dict[str, str]:
        """Every object below the prefix with its ETag."""
        import obstore

        found: dict[str, str] = {}
        with self._asking():
            for page in obstore.list(self._store, prefix=self._prefix.rstrip("/") or None):
                for each in page:
                    path = each["path"].removeprefix(self._prefix)
                    if not path.startswith(OWN):
                        found[path] = _tag(each["e_tag"])
        return found

    def tag(self, data: bytes) -> str:
        """The ETag of an object in one piece."""
        return hashlib.md5(data, usedforsecurity=False).hexdigest()

    def put(self, path: str, data: bytes, headers: Headers) -> str:
        """Store an object in one request."""
        import obstore

        with self._asking():
            stored = obstore.put(
                self._store,
                self._prefix + path,
                data,
                attributes={
                    "Content-Type": headers.content_type,
                    "Cache-Control": headers.cache_control,
                },
                use_multipart=False,
            )
        return _tag(stored["e_tag"])

    def copy(self, source: str, path: str) -> None:
        """Copy an object with its headers, inside the store."""
        import obstore

        with self._asking(), suppress(FileNotFoundError):
            obstore.copy(self._store, self._prefix + source, self._prefix + path)

    def delete(self, path: str) -> None:
        """Remove an object."""
        import obstore

        with self._asking(), suppress(FileNotFoundError):
            obstore.delete(self._store, self._prefix + path)

    def finish(self, release: str, keep: Sequence[str]) -> None:
        """Nothing: each object was live with its `put`."""

    def digests(self, paths: Sequence[str]) -> dict[str, Digest]:
        """Each object, fetched whole."""
        found = {path: self._get(path) for path in paths}
        return {
            path: Digest(
                sha256=hashlib.sha256(each[0]).hexdigest(),
                size=len(each[0]),
                headers=Headers(
                    content_type=each[1].get("Content-Type", ""),
                    cache_control=each[1].get("Cache-Control", ""),
                ),
            )
            for path, each in found.items()
            if each is not None
        }

    def close(self) -> None:
        """Nothing is temporary."""

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What the store or the way there said, as one of our errors."""
        try:
            yield
        except (DeployError, FileExistsError):
            raise
        except Exception as error:
            import obstore

            if isinstance(error, obstore.exceptions.AlreadyExistsError):
                raise FileExistsError from None
            if not isinstance(error, (obstore.exceptions.BaseError, OSError)):
                raise
            raise explain(self.name, self._endpoint, str(error)) from None


class S3Hold:
    """The lock object, as long as its tag is the one that we wrote."""

    def __init__(self, target: S3Target, claim: Claim, tag: str | None) -> None:
        self._target, self._claim, self._tag = target, claim, tag

    def renew(self) -> None:
        """Write it again, so that its time is now."""
        self._tag = self._target.write_lock(encode_claim(self._claim), self._tag)

    def release(self) -> None:
        """Remove it."""
        self._target.release_lock(self._claim)


def _open(settings: S3Settings, endpoint: str) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError:
        raise UnusableError(
            "deploying to S3 needs obstore, which is not installed",
            hint="install it: pip install 'sitegen[s3]'",
        ) from None
    if not any(os.environ.get(each) for each in CREDENTIALS):
        raise UnusableError(
            f"there are no credentials for s3://{settings.bucket}",
            hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
        )
    region = settings.region or os.environ.get("AWS_REGION", "")
    limit = timedelta(seconds=settings.timeout)
    return S3Store(
        settings.bucket,
        config={"endpoint": endpoint} if endpoint else {},
        disable_bulk_delete=True,  # which not every store knows
        region=region or os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "timeout": limit,
            "connect_timeout": min(limit, timedelta(seconds=10)),
        },
        retry_config={"max_retries": 0},
    )


def _tag(e_tag: str | None) -> str:
    return (e_tag or "").strip('"')


def _written(meta: Mapping[str, Any]) -> datetime:
    found = meta["last_modified"]
    assert isinstance(found, datetime)  # noqa: S101 - obstore's own type
    return found
