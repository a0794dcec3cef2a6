"""Originals on their way to be parsed: on this disk, or as bytes for who does not see it.

Comes in: originals, and what all of them need. Goes out: the work of a stage, by index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from sitegen.build.readings import Readings
from sitegen.build.stage import encode
from sitegen.discover import Original, read_original
from sitegen.model import Config


class ParseWork:
    """The parsing of originals, for processes of this machine or of another."""

    stage = "parse"

    def __init__(
        self,
        originals: Sequence[Original],
        config: Config,
        readings: Readings,
        parse: Callable[[Original, Config, Readings], Any],
    ) -> None:
        self._originals, self._config, self._readings = originals, config, readings
        self._parse = parse

    def __call__(self, index: int) -> bytes:
        """The answer to an original of this disk."""
        return msgspec.msgpack.encode(
            self._parse(self._originals[index], self._config, self._readings)
        )

    def shared(self) -> bytes:
        """What all originals need; the deploy targets are nobody's business."""
        lines = [each for each in self._readings.lines.items() if each[0].quantity != "mark"]
        refused = list(self._readings.refused.items())
        return encode((replace(self._config, deploy={}), lines, refused))

    def task(self, index: int) -> bytes:
        """An original with its text."""
        original = self._originals[index]
        reading = read_original(original.path, original.file, self._config.markup.max_bytes)
        return encode((replace(original, file=""), reading))
