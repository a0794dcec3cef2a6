"""Regular expressions from code that was compiled before: some 550 of them in a build.

Comes in: a table. Goes out: nothing; `re.compile` then gives equal patterns sooner. The code is
that of CPython's own compiler, and its engine checks it before it uses it. Where there is no such
compiler, or it works in another way, everything stays as it is.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sitegen.compiled import Table

Pattern = re.Pattern[Any]
FIXED = ("jinja2.", "pygments.", "sitegen.markup.lexing")
"""Modules whose functions, too, compile the same in each run; what others do may be of a site."""
IN_FUNCTION = 1
"""`inspect.CO_OPTIMIZED`; that module compiles patterns of its own when it is imported."""
UNLIKE = (AttributeError, TypeError, ValueError, RuntimeError, OverflowError)
"""What a compiler or an engine of another build raises at the code of this one."""


def keep(table: Table) -> None:
    """Let `re` take from the table what it would compile, and add to it what it compiles."""
    compiler: Any = getattr(re, "_compiler", None)
    engine: Any = getattr(compiler, "_sre", None)
    if engine is None:
        return
    stock: Callable[..., Pattern] = compiler.compile

    def code_of(pattern: str | bytes, flags: int) -> bytes:
        parsed = compiler._parser.parse(pattern, flags)  # noqa: SLF001
        return array("I", compiler._code(parsed, flags)).tobytes()  # noqa: SLF001

    def rebuild(
        pattern: Any, code: bytes, flags: int, names: dict[str, int], count: int
    ) -> Pattern:
        by_index = {index: name for name, index in names.items()}
        groups = tuple(map(by_index.get, range(count + 1)))
        parts = flags, array("I", code).tolist(), count, names, groups
        return engine.compile(pattern, *parts)  # type: ignore[no-any-return]

    def compile_or_take(pattern: Any, flags: int = 0) -> Pattern:
        if type(pattern) not in {str, bytes} or flags & (re.DEBUG | re.LOCALE):
            return stock(pattern, flags)
        key = "pattern", engine.MAGIC, pattern, int(flags)
        if known := table.get(*key):
            with suppress(*UNLIKE):
                return rebuild(pattern, *known)
        made = stock(pattern, flags)
        if _is_fixed():
            with suppress(*UNLIKE):
                found = code_of(pattern, flags), made.flags, dict(made.groupindex), made.groups
                if rebuild(pattern, *found) == made:  # by its code, among other things
                    table.put(found, *key)
        return made

    compiler.compile = compile_or_take


def _is_fixed() -> bool:
    """Whether a module asks for the pattern when it is loaded, or is one of those in `FIXED`."""
    frame = sys._getframe(2)  # noqa: SLF001 - of who asked to compile
    while frame.f_back and frame.f_globals.get("__name__") == "re":
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "")
    return not frame.f_code.co_flags & IN_FUNCTION or name.startswith(FIXED)
