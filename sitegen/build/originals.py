"""Originals on their way to be parsed: on this disk, or as bytes for who does not see it.

Comes in: originals, and what all of them need. Goes out: the work of a stage, by index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from sitegen.build.readings import Readings
from sitegen.build.stage import encode
from sitegen.discover import Original, read_original
from sitegen.model import Config


@dataclass(frozen=True)
class ParseWork:
    """The parsing of originals, for processes of this machine or of another."""

    originals: Sequence[Original]
    config: Config
    readings: Readings
    parse: Callable[[Original, Config, Readings], Any]
    stage = "parse"

    def __call__(self, index: int) -> bytes:
        """The answer to an original of this disk."""
        return msgspec.msgpack.encode(self.parse(self.originals[index], self.config, self.readings))

    def shared(self) -> bytes:
        """What all originals need; the deploy targets are nobody's business."""
        lines = [each for each in self.readings.lines.items() if each[0].quantity != "mark"]
        refused = list(self.readings.refused.items())
        return encode((replace(self.config, deploy={}), lines, refused))

    def task(self, index: int) -> bytes:
        """An original with its text."""
        original = self.originals[index]
        reading = read_original(original.path, original.file, self.config.markup.max_bytes)
        return encode((replace(original, file=""), reading))
