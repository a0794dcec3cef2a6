"""The files of an output by path; their bytes are fetched or made when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from sitegen.build.copies import copy
from sitegen.build.stage import Made, Rendered
from sitegen.errors import OutputError
from sitegen.model import Artifact, Asset, Entry
from sitegen.routes import media_type


class Stored(Mapping[str, Artifact]):
    """The artifacts of a build by path, sorted; their bytes are fetched when they are asked for."""

    def __init__(
        self,
        made: Sequence[Made],
        copies: Mapping[str, Asset],
        render: Callable[[int], Rendered],
        laid: Mapping[str, Artifact] | None = None,
    ) -> None:
        # Two at one path are a problem of the site already: the knot knows all routes.
        places: dict[str, int | Artifact] = {
            path: index for index, each in enumerate(made) for path, _ in each.files
        }
        self.entries = {path: entry for each in made for path, entry in each.files}
        staged = {
            path: artifact
            for path, artifact in (laid or {}).items()
            if path not in copies and artifact.digest == self.entries[path].sha256
        }
        self.staged = staged.keys()
        places |= staged | {path: copy(path, asset) for path, asset in copies.items()}
        self._places = dict(sorted(places.items()))
        self._render = lru_cache(maxsize=8)(render)
        self.entries |= {
            path: Entry(
                sha256=asset.digest,
                size=asset.size,
                type=media_type(path),
                immutable=f".{asset.digest[:10]}." in path,
            )
            for path, asset in copies.items()
        }

    def __getitem__(self, path: str) -> Artifact:
        place = self._places[path]
        if isinstance(place, Artifact):
            return place
        found = self._render(place)
        for problem in found.problems:  # it could be rendered once, and is the same
            raise OutputError(f"{path} cannot be made again: {problem.message}", hint=problem.hint)
        return next(each for each in found.artifacts if each.path == path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
