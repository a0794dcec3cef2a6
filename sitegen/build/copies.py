"""What is published as it is: static files, and those beside the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from sitegen.build.knot import Knot
from sitegen.build.stage import Inputs
from sitegen.model import Artifact, Asset
from sitegen.routes import media_type


def fingerprint(static: Iterable[Asset]) -> dict[str, Asset]:
    """Static files by published path: a style sheet or script carries its digest in its name.

    Those two can be cached for ever; what they refer to keeps its name and its place.
    """
    published = {}
    for asset in static:
        path = PurePosixPath(asset.path)
        if path.suffix in {".css", ".js"}:
            path = path.with_name(f"{path.stem}.{asset.digest[:10]}{path.suffix}")
        published[str(path)] = asset
    return published


def copies_of(inputs: Inputs, knot: Knot, static: Mapping[str, Asset]) -> dict[str, Asset]:
    """What is published as it is, by path: the theme's files, and those beside the sources."""
    by_path = {asset.path: asset for asset in inputs.assets}
    made = {piece.name for piece in knot.pieces if piece.kind == "icon"}
    kept = {path: asset for path, asset in static.items() if path not in made}
    return {**kept, **{output: by_path[path] for output, path in knot.copies}}


def copy(path: str, asset: Asset) -> Artifact:
    """The file at a path that is published as it is."""
    return Artifact(
        path=path,
        media_type=media_type(path),
        digest=asset.digest,
        made_from=(asset.path,),
        file=asset.file,
    )
