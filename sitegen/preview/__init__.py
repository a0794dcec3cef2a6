"""The live preview: a site in memory, its folder watched, its pages served and patched.

`studio` builds and keeps the pages, `watch` says when to look again, `server` answers requests,
`live` tells open pages how things stand, `guard` says who is answered, `client` is what runs in the
browser, `command` is what `sitegen serve` does.
"""

from __future__ import annotations

from importlib.util import find_spec

from sitegen.errors import ConfigError

LIBRARIES = ("h11", "watchdog", "wsproto")


def check_libraries() -> None:
    """Raise `ConfigError` if what the preview runs on is not installed."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the preview needs {', '.join(missing)}",
            hint="install it with the program: pip install 'sitegen[preview]'",
        )
