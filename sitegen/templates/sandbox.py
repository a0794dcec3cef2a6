"""What a template may do, and what that may cost.

Comes in: template texts by name. Goes out: a Jinja2 environment in which a template reads values
and writes HTML and can do nothing else. Jinja2's own sandbox keeps templates off Python; the
limits here keep one expression from eating the memory. The time is the caller's to limit
(`budget.time_limit`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import CodeType
from typing import Any, TypeVar

import jinja2
import msgspec
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup

from sitegen.compiled import TABLE
from sitegen.package import is_of_theme
from sitegen.templates.quick import PlainMacro, Template
from sitegen.toolchain import toolchain

T = TypeVar("T")
Files = Mapping[str, tuple[str, str]]
"""By template name, the path that errors show, and the text."""

LARGEST_TEXT = 1_000_000
"""Characters of one value, or items of one list, that an expression may make."""
LARGEST_PAGE = 10_000_000
"""Characters of one rendered page."""
LARGEST_BITS = 4096
"""Of a whole number that `*` or `**` makes."""

WIDENING_FILTERS = {"batch", "center", "format", "indent", "slice", "wordwrap"}
UNSTABLE_FILTERS = {"random", "pprint"}
WIDENING_METHODS = {
    *("center", "expandtabs", "format", "format_map", "join", "ljust", "replace", "rjust"),
    *("translate", "zfill"),
}


def once(make: Callable[[], T], what: str, name: str, text: str) -> T:
    """What is made of a template: of one that the program comes with, once for all runs."""
    parts = what, toolchain(), name, text
    found: T | None = TABLE.get(*parts)
    if found is None:
        found = make()
        if is_of_theme(name, text):
            TABLE.put(found, *parts)
    return found


class TooLargeError(Exception):
    """An expression or a page beyond its limit."""


class UnknownNameError(UndefinedError):
    """A name that has no value; `owner` is what it was asked of (`missing`: the page)."""

    def __init__(self, owner: Any, name: str | None, message: str) -> None:
        super().__init__(message)
        self.owner = owner
        self.name = name


class Unknown(jinja2.StrictUndefined):
    """A strict undefined that remembers what was asked, for the hint."""

    __slots__ = ()

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: type[jinja2.TemplateRuntimeError] = UndefinedError,
    ) -> None:
        named = exc is UndefinedError and name is not None
        raised: Any = partial(UnknownNameError, obj, name) if named else exc
        super().__init__(hint, obj, name, raised)


class BoundedCode(CodeGenerator):
    """Jinja2's compiler, with a limit on the text that `~` makes."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        """Wrap the joined text in `environment.bounded(…)`."""
        self.write("environment.bounded(")
        super().visit_Concat(node, frame)
        self.write(")")


class Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which no single expression makes more than `LARGEST_TEXT`."""

    code_generator_class = BoundedCode
    template_class = Template
    lines: Mapping[str, Sequence[str]]
    """The templates by the path that errors show."""
    names: Sequence[str]
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def compile(  # type: ignore[override] # with overloads
        self, source: Any, name: Any = None, filename: Any = None, **how: Any
    ) -> Any:
        """The code of a template; of one that the program comes with, it may be known."""
        make = partial(super().compile, source, name, filename, **how)
        return make() if how or name is None else once(make, f"code {filename}", name, source)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The value of `left operator right`, refused where it would be too large."""
        _check_operands(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(self, __context: Context, __obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """The value of a call in a template, refused where it is not safe."""
        if type(__obj) is PlainMacro:  # the common case, and one that is safe: a template's own
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
            if not kwargs and len(args) == __obj.takes and __context.eval_ctx.autoescape:
                return Markup(__obj.function(*args))  # noqa: S704 - as a macro does
            return __obj(__context.eval_ctx, *args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The value of `obj.attribute`, undefined where there is none or it is not safe."""
        # A frozen value of ours, or a template's macro: the common case, and the quick one.
        if isinstance(obj, (msgspec.Struct, TemplateModule)) and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may use `obj.attr`: nothing internal, nothing that widens a text."""
        widens = isinstance(obj, str) and attr in WIDENING_METHODS
        return not widens and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ARG002
        """No `str.format` at all: its width is not limited."""
        return

    def bounded(self, text: str) -> str:
        """The text, unless it is too large."""
        if len(text) > LARGEST_TEXT:
            raise TooLargeError("this expression makes too long a text")
        return text

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """Join what a macro, a block or a `set` wrote, unless it is too large."""
        written = "".join(parts)
        if len(written) > LARGEST_PAGE:
            raise TooLargeError("this part of the page is too large")
        return written


def _check_operands(operator: str, left: Any, right: Any) -> None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return  # Jinja2 says which name it is
    size = 0
    if operator == "%" and isinstance(left, str):
        raise TooLargeError('"%" cannot format text in a template; join texts with "~"')
    if isinstance(left, int) and isinstance(right, int) and operator in {"*", "**"}:
        bits, other = left.bit_length(), right.bit_length()
        size = bits * max(right, 0) if operator == "**" else bits + other
        size = size * LARGEST_TEXT // LARGEST_BITS
    elif operator == "*" and isinstance(left, Sequence | int) and isinstance(right, Sequence | int):
        size = _size(left) * _size(right)
    elif operator == "+" and isinstance(left, Sequence) and isinstance(right, Sequence):
        size = len(left) + len(right)
    if size > LARGEST_TEXT:
        raise TooLargeError(f'"{operator}" makes too large a value here')


def _size(value: Sequence[Any] | int) -> int:
    return value if isinstance(value, int) else len(value)


class Compiled(jinja2.BytecodeCache):
    """Templates that this process has compiled: a preview compiles only what was edited."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put the code of this name and text into the bucket, if there is any."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code in the bucket."""
        if len(self._codes) > MOST_COMPILED:
            self._codes.clear()
        if bucket.code:
            self._codes[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()
MOST_COMPILED = 500


def make_environment(
    files: Files,
    filters: Mapping[str, Callable[..., Any]],
    names: Mapping[str, Any],
) -> Environment:
    """An environment for these templates, with these filters and global names."""

    def read(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        if name not in files:
            return None
        path, text = files[name]
        return text, path, lambda: True

    environment = Environment(
        loader=jinja2.FunctionLoader(read),
        undefined=Unknown,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=COMPILED,
        cache_size=-1,
    )
    for name in WIDENING_FILTERS | UNSTABLE_FILTERS:
        del environment.filters[name]
    environment.filters.update(filters)
    del environment.globals["lipsum"]
    environment.globals.update(names)
    environment.names = sorted(files)
    environment.lines = {path: text.splitlines() for path, text in files.values()}
    return environment
