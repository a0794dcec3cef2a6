"""What `build --verify` proves of a build before it is written.

Comes in: builds in memory. Goes out: a word to the writer, or an `OutputError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from msgspec.structs import replace

from sitegen.build import Built, Inputs
from sitegen.errors import OutputError
from sitegen.ledger import read_ledger
from sitegen.model import Artifact, Entry, Snapshot
from sitegen.routes import address_of, place, source_output, url_of
from sitegen.screen import Screen
from sitegen.traces import Secrets, addresses_in

PACKED = (".gz", ".br")
"""Of what these are made of everything is looked at."""


def compare(screen: Screen, one: Built, other: Built) -> None:
    """Raise `OutputError` where a build from what is remembered differs from a clean one."""
    ours, theirs = one.snapshot, other.snapshot
    names = ours.artifacts.keys() | theirs.artifacts.keys()
    different = [f'"{name}"' for name in sorted(names) if _of(ours, name) != _of(theirs, name)]
    if ours.problems != theirs.problems or ours.left_out != theirs.left_out:
        different.append("what is reported")
    if different:
        raise OutputError(
            f"two builds of the same site differ in {different[0]}",
            hint="this is a fault of sitegen, not of the site; please report it, and build with"
            " --no-cache until it is mended",
        )
    screen.say(f"verified: {len(names)} files are the same in a build with nothing remembered")


def _of(snapshot: Snapshot, path: str) -> Entry | Artifact | None:
    """What is known of a file, the SHA-256 of its bytes for one; they may be on the disk only."""
    return snapshot.entries.get(path) or snapshot.artifacts.get(path)


def prove(screen: Screen, built: Built, inputs: Inputs, remake: Callable[[Inputs], Built]) -> None:
    """Raise `OutputError` where anything of the output tells of what is left out.

    `remake` builds from other inputs, from those without the files that are left out: that must
    make the very same files.
    """
    snapshot = built.snapshot
    hidden = {each.path for each in snapshot.left_out}
    if not hidden:
        return
    sources = hidden & {*built.sources}
    texts = [built.markdown(path) for path in sorted(sources)]
    others = (built.markdown(path) for path in built.sources if path not in hidden)
    secrets, addresses = Secrets(texts, others), _addresses(sources, built, inputs)
    site = inputs.config.url.removesuffix(inputs.config.base).encode()
    files = [path for path in snapshot.artifacts if not path.endswith(PACKED)]
    for path in files:
        data = _bytes_of(snapshot.artifacts[path])
        if found := addresses_in(data, addresses, site):
            raise _leak(path, f"the address of {found[0]}")
        if words := secrets.shared(data):
            raise _leak(path, f'the text of one of them ("{words}")')
    bare = replace(
        inputs,
        originals=tuple(each for each in inputs.originals if each.path not in hidden),
        assets=tuple(each for each in inputs.assets if each.path not in hidden),
    )
    entries = remake(bare).snapshot.entries
    if different := sorted(
        path
        for path in entries.keys() | snapshot.entries.keys()
        if entries.get(path) != snapshot.entries.get(path)
    ):
        raise _leak(different[0], "something that it has not where they are deleted")
    screen.say(f"no trace of {len(hidden)} files that are left out in {len(files)} files")


def _addresses(sources: Collection[str], built: Built, inputs: Inputs) -> Mapping[str, bytes]:
    """By source, each address that nobody knows of yet."""
    config = inputs.config
    known = read_ledger(inputs.urls).owners.keys() | {*config.gone, *config.redirects}
    found = {}
    for path in sorted(sources):
        output, problem = place(built.document(path), config)
        if problem or output in built.snapshot.artifacts or address_of(output) in known:
            continue
        found[path] = url_of(output, config.base).encode()
        found[f"{path} as Markdown"] = url_of(source_output(output), config.base).encode()
    return found


def _bytes_of(artifact: Artifact) -> bytes:
    return Path(artifact.file).read_bytes() if artifact.file else artifact.data or b""


def _leak(path: str, what: str) -> OutputError:
    return OutputError(
        f'"{path}" tells of what is not to be published: it has {what}',
        hint="take that out of the source that says it; if none does, please report it",
    )
