"""One source at a time, parsed by somebody who was ready before there was one.

Comes in: a source. Goes out: what a build would make of it. A new process costs more than most
sources do, and a source may be one that no process survives.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sitegen.build.parsing import Answer, draw_figure, lost_answer, parse_original
from sitegen.build.readings import Readings
from sitegen.config import settings_for
from sitegen.discover import Original
from sitegen.model import Config, Source

Ask = Callable[[bytes], bytes | str]
StandBy = Callable[[Callable[[bytes], bytes]], Ask]
"""Makes of some work one that is done elsewhere, where it may fail: then it says why."""
SAMPLE = """# A heading

*A* paragraph, "quoted"[^1] and `set`; see [this](#a).

[^1]: A note.

```python
print("code", 1)
```

| a | b |
| - | - |
| c | d |

```poem
A line
```

```attention
model: toy
tokens: a b
Q: 1 0 / 0 1
K: 1 0 / 0 1
```
"""


class Parser:
    """Parses single sources, and is ready before there is one."""

    def __init__(self, stand_by: StandBy) -> None:
        self._stand_by = stand_by
        self._ask: Ask | None = None
        self._ready: object = None

    def prepare(self, config: Config, readings: Readings) -> Ask:
        """Have somebody ready who knows this configuration and these readings."""
        known = (config, readings, len(readings.lines))
        if self._ask is None or self._ready != known:
            if close := getattr(self._ask, "close", None):
                close()
            decoder = msgspec.msgpack.Decoder(Original)

            def work(task: bytes) -> bytes:
                answer = parse_original(decoder.decode(task), config, readings)
                return msgspec.msgpack.encode(answer)

            if self._ready is None:
                _warm(config)
            self._ask, self._ready = self._stand_by(work), known
        return self._ask

    def parse(self, config: Config, readings: Readings, original: Original) -> Answer:
        """What becomes of a source."""
        raw = self.prepare(config, readings)(msgspec.msgpack.encode(original))
        if isinstance(raw, str):
            return lost_answer(original, raw)
        return msgspec.msgpack.decode(raw, type=Answer)


def _warm(config: Config) -> None:
    """Do what is slow the first time, and every import, before a process parts from this one.

    One that parts while another thread imports something would wait for that for ever.
    """
    from sitegen.markup import parse

    sample = Source(path="content/a.md", text=SAMPLE, digest="")
    parse(sample, settings_for(sample.path, config), draw_figure)
