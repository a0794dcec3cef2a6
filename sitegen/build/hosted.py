"""An output with what its host is told of it: files of headers, and compressed siblings.

Comes in: an output. Goes out: the same with more files in it, if `[hosting]` asks for any. What was
compressed once is remembered by the digest of its bytes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
from msgspec.structs import replace

from sitegen.build.knot import Knot
from sitegen.build.render import artifact, site_of
from sitegen.build.rendering import Output
from sitegen.build.stage import Joined, Made, Memory, Rendered, Run, ended, key_of
from sitegen.build.stored import Stored
from sitegen.hosting import compress, describe, has_brotli, is_compressible
from sitegen.model import Config, Entry


def complete(output: Output, knot: Knot, config: Config, memory: Memory, run: Run) -> Output:
    """What `[hosting]` asks for, added. A file of the writer's own at such a path stays."""
    if not output.artifacts:  # nothing could be made
        return output
    told = describe(config, output.entries, site_of(knot, None, None).redirects)
    own = {path: artifact(path, text.encode(), ("site.toml",)) for path, text in told.items()}
    made = _compress(output, memory, run) if config.hosting.compress else []
    siblings = Stored(made, {}, lambda index: _fetch(made[index], output, memory))
    return replace(
        output,
        artifacts=Joined(output.artifacts, own, siblings),
        entries={**siblings.entries, **output.entries},
        made=(*output.made, *made),
    )


def _compress(output: Output, memory: Memory, run: Run) -> list[Made]:
    """The siblings of each file that is worth it, made now or before."""
    paths = [path for path, each in output.entries.items() if is_compressible(each.type, each.size)]
    made = [_key(path, output.entries[path]) for path in paths]
    former = {each.key: each.files for each in memory.former.made} if memory.former else {}
    missing: list[int] = []
    for index, each in enumerate(made):
        if (files := former.get(each.key)) is None:
            raw = memory.memo.get(each.key)
            if raw is None:
                missing.append(index)
                continue
            files = _decode(raw).entries
        made[index] = replace(each, files=files)

    def work(number: int) -> bytes:
        return _siblings(paths[missing[number]], output)

    with ended(run("compress", work, len(missing), _lost)) as results:
        for index, raw in zip(missing, results, strict=True):
            if raw:
                made[index] = replace(made[index], files=_decode(raw).entries)
                memory.memo.put(made[index].key, raw)
    return made


def _lost(_number: int, _why: str) -> bytes:
    """Without siblings a file is sent as it is."""
    return b""


def _decode(raw: bytes) -> Rendered:
    return msgspec.msgpack.decode(raw, type=Rendered) if raw else Rendered()


def _key(path: str, entry: Entry) -> Made:
    """The call that compresses this file. Its name is no page's."""
    facts = f"{path} {entry.sha256} {entry.immutable} {entry.type} {has_brotli()}"
    return Made(f"compress {path}", key_of("compress", facts.encode()), b"", b"", b"", ())


def _fetch(made: Made, output: Output, memory: Memory) -> Rendered:
    raw = memory.memo.get(made.key)
    return _decode(_siblings(made.name.removeprefix("compress "), output) if raw is None else raw)


def _siblings(path: str, output: Output) -> bytes:
    """The compressed siblings of a file: of its type, since only how it is sent is different.

    Nothing if the file is another one by now; then writing it says so.
    """
    original, known = output.artifacts[path], output.entries[path]
    data = original.data or Path(original.file or "").read_bytes()
    if hashlib.sha256(data).hexdigest() != known.sha256:
        return b""
    artifacts, entries = [], []
    for ending, made in compress(data).items():
        sibling = artifact(f"{path}{ending}", made, original.made_from)
        artifacts.append(replace(sibling, media_type=known.type))
        sha256 = hashlib.sha256(made).hexdigest()
        entries.append((sibling.path, replace(known, sha256=sha256, size=len(made))))
    return msgspec.msgpack.encode(Rendered(artifacts=tuple(artifacts), entries=tuple(entries)))
