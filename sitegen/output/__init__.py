"""A snapshot to a folder: write what changed, remove what is ours and gone, each at one stroke.

New content is staged beside the old and moved into place file by file, so no reader and no crash
ever sees half a file: first what pages refer to, then pages, then feeds; what is gone goes last.
`MANIFEST` lists the files that are ours; nothing else in the folder is ever touched.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from sitegen.errors import OutputError
from sitegen.model import Artifact, Entry, Snapshot, Value
from sitegen.output.claim import Claim
from sitegen.output.foreign import refuse_foreign
from sitegen.output.manifest import MANIFEST, VERSION, Manifest, encode, read_manifest
from sitegen.output.staging import Spread, in_turn, move, remove, stage
from sitegen.stamps import NONE, STAGING, Seen, settled, stamp

__all__ = [
    "MANIFEST",
    "STAGING",
    "VERSION",
    "Claim",
    "Entry",
    "Manifest",
    "Written",
    "read_manifest",
    "write",
]


class Written(Value, frozen=True):
    """What a write did."""

    new: int
    changed: int
    removed: int
    unchanged: int


def write(  # noqa: PLR0913
    snapshot: Snapshot,
    folder: Path,
    *,
    url: str,
    drafts: bool,
    seen: dict[str, Seen] | None = None,
    spread: Spread = in_turn,
    claim: Claim | None = None,
    is_whole: bool = False,
) -> Written:
    """Make `folder` hold exactly the snapshot and what is not ours.

    `seen` is what is known of its files; what is true of them afterwards is put in its place.
    `spread` shares out the writing of many files. `claim`: where some are staged already.
    `is_whole`: a moment ago, all was still as `seen`, the manifest too; what somebody else than a
    build changed since, the next build sees.
    Raises `OutputError` for whatever the disk refuses; the old output is then whole.
    """
    try:
        with claim or Claim(folder) as own:
            own.begin()  # one build at a time: a second one waits here for the first
            files = _entries(snapshot)
            final = Manifest(url=url, drafts=drafts, complete=True, files=files, version=VERSION)
            return _write(snapshot, final, own, {} if seen is None else seen, spread, is_whole)
    except OSError as error:
        raise _refused(error, folder) from error


def _entries(snapshot: Snapshot) -> dict[str, Entry]:
    known = snapshot.entries
    return {
        path: known.get(path) or _entry(snapshot.artifacts[path]) for path in snapshot.artifacts
    }


def _write(  # noqa: PLR0913, PLR0917
    snapshot: Snapshot,
    final: Manifest,
    claim: Claim,
    seen: dict[str, Seen],
    spread: Spread,
    is_whole: bool,  # noqa: FBT001
) -> Written:
    folder, old, files = claim.folder, claim.old, final.files
    is_empty = all(each.name == STAGING for each in folder.iterdir())  # nothing to be looked at
    looked = () if is_empty else [*files, MANIFEST]
    # A build that this one has waited for wrote a manifest of its own: then all is looked at.
    known = seen if is_whole and seen[MANIFEST].stamp == stamp(f"{folder}/{MANIFEST}") else {}
    stamps = {
        path: known[path].stamp if path in known else stamp(f"{folder}/{path}") for path in looked
    }
    new = [
        path for path in files if is_empty or not _is_as_seen(path, stamps[path], files[path], seen)
    ]
    changed = [path for path in new if is_empty or not _same(folder / path, files[path])]
    gone = sorted(set(old) - set(files))
    refuse_foreign([] if is_empty else changed, gone, old, folder)
    if changed or gone or not _is_written(final, folder):
        staged = _stage_or_leave(changed, snapshot, files, claim, spread)
        # Before anything moves, the manifest claims both generations: whatever happens
        # next, the following build knows each file that is ours.
        both = msgspec.structs.replace(final, complete=False, files={**old, **files})
        _replace_manifest(both, folder)
        move(staged, claim, {path for path in changed if stamps.get(path, NONE) != NONE})
        stamps |= {path: stamp(f"{folder}/{path}") for path in changed}
        remove(gone, folder)
        _replace_manifest(final, folder)
        stamps[MANIFEST] = stamp(f"{folder}/{MANIFEST}")
    shutil.rmtree(claim.staging, ignore_errors=True)
    _remember(seen, files, stamps, {*new, MANIFEST}, folder)
    added = sum(path not in old for path in changed)
    return Written(
        new=added,
        changed=len(changed) - added,
        removed=len(gone),
        unchanged=len(files) - len(changed),
    )


def _is_as_seen(path: str, now: bytes, entry: Entry, seen: Mapping[str, Seen]) -> bool:
    """Whether the file was found to have the right bytes before, and is the same file still."""
    known = seen.get(path)
    return known is not None and now == known.stamp != NONE and known.sha256 == entry.sha256


def _remember(
    seen: dict[str, Seen],
    files: Mapping[str, Entry],
    stamps: Mapping[str, bytes],
    new: set[str],
    folder: Path,
) -> None:
    """Put what is known of the files now into `seen`."""
    paths = sorted(new)
    fresh = dict(zip(paths, settled(folder, [stamps[path] for path in paths], paths), strict=True))
    shas = {path: entry.sha256 for path, entry in files.items()} | {MANIFEST: ""}
    seen.clear()
    seen |= {path: Seen(fresh.get(path, stamps[path]), sha) for path, sha in shas.items()}


# --- before anything is written --------------------------------------------------------------


def _entry(artifact: Artifact) -> Entry:
    if artifact.data is not None:
        digest, size = hashlib.sha256(artifact.data).hexdigest(), len(artifact.data)
    else:
        with Path(artifact.file or "").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    return Entry(sha256=digest, size=size, type=artifact.media_type)


def _same(path: Path, entry: Entry) -> bool:
    """Whether the file on the disk has these bytes already."""
    try:
        if path.is_symlink() or path.stat().st_size != entry.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return False


def _is_written(manifest: Manifest, folder: Path) -> bool:
    path = folder / MANIFEST
    return path.is_file() and path.read_bytes() == encode(manifest)


# --- writing ---------------------------------------------------------------------------------


def _stage_or_leave(
    changed: Sequence[str],
    snapshot: Snapshot,
    files: Mapping[str, Entry],
    claim: Claim,
    spread: Spread,
) -> list[tuple[Path, str]]:
    """Stage, or say that nothing was published: up to here the old output is untouched."""
    try:
        return stage(changed, snapshot, files, claim, spread)
    except OSError as error:
        raise _refused(error, claim.folder, "the former output is as it was") from error


def _replace_manifest(manifest: Manifest, folder: Path) -> None:
    staging = folder / STAGING
    staging.mkdir(exist_ok=True)
    path = staging / MANIFEST
    path.write_bytes(encode(manifest))
    path.replace(folder / MANIFEST)


def _refused(
    error: OSError, folder: Path, hint: str = "build again when the cause is gone"
) -> OutputError:
    """The disk's refusal in one line."""
    place = error.filename or str(folder)
    reason = (error.strerror or str(error)).lower()
    verb = "write" if str(place).startswith(str(folder)) else "read"  # a file of the site's own
    return OutputError(f"cannot {verb} {place}: {reason}", hint=hint)
