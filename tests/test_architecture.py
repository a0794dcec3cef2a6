"""The shape of the program, held by its imports: rows, cycles, sizes, purity."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sitegen"

ROWS: dict[int, str] = {
    11: "__main__",
    10: "cli",
    9: "building preview",
    8: "making deploy recomputing proving summary",
    7: "explain export inputs output receipts screen scaffold scheduler",
    6: "build",
    5: "site templates feeds hosting pictures",
    4: "markup discover images routes lock ledger traces search",
    3: "figures frontmatter config media",
    2: "models toml apart patterns",
    1: "model transformer budget collation slugs moments memo stamps toolchain workers compiled",
    0: "__init__ errors attention beside package",
}
"""A module imports only from rows below its own, or from its own package."""

PURE = {
    "model",
    "errors",
    "figures",
    "attention",
    "frontmatter",
    "config",
    "markup",
    "media",
    "site",
    "feeds",
    "routes",
    "slugs",
    "collation",
    "toml",
    "moments",
    "lock",
    "ledger",
    "traces",
    "hosting",
    "search",
}
IMPURE = {"os", "socket", "time", "random", "subprocess", "shutil", "tempfile", "io"}

MODULES = sorted(PACKAGE.rglob("*.py"))
ROW = {name: row for row, names in ROWS.items() for name in names.split()}


def room(path: Path) -> str:
    """The package or top-level module that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The rooms of ours that a file imports, lazily or for types or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "sitegen":
                yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from [parts[1] for parts in names if parts[0] == "sitegen" and len(parts) > 1]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rows_below_its_own(path: Path) -> None:
    own = room(path)
    for other in imported(path):
        if other not in {own, "__version__"}:
            assert ROW[other] < ROW[own], f"{own} imports {other}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for path in MODULES:
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        edges[name] = set(_imported_modules(path))
    done: set[str] = set()
    for start in edges:
        _walk(start, edges, [], done)


def _imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sitegen"):
            stem = ".".join((node.module or "").split(".")[1:])
            for alias in node.names:
                own = f"{stem}.{alias.name}".strip(".")
                for name in (own, f"{own}.__init__", stem, f"{stem}.__init__"):
                    file = PACKAGE / (name.replace(".", "/") + ".py")
                    if name and file.is_file():
                        yield name
                        break


def _walk(name: str, edges: dict[str, set[str]], path: list[str], done: set[str]) -> None:
    assert name not in path, " → ".join([*path, name])
    if name not in done:
        for other in edges.get(name, ()):
            _walk(other, edges, [*path, name], done)
        done.add(name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_pure_room_touches_neither_disk_nor_clock(path: Path) -> None:
    if room(path) not in PURE:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & IMPURE, path
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in IMPURE, path
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in {"open", "now", "today", "read_text", "read_bytes"}, path


def functions() -> Iterator[tuple[str, int]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                where = f"{path.relative_to(PACKAGE)}:{node.name}"
                assert node.returns is not None, f"{where} has no return type"
                yield where, (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_short() -> None:
    sizes = sorted(functions(), key=lambda each: each[1])
    assert sizes[-1][1] <= 50, sizes[-1]
    assert sizes[len(sizes) * 9 // 10][1] <= 25, sizes[len(sizes) * 9 // 10 :]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_whole_program_stays_small() -> None:
    """The ceiling and the reasons for it are in docs/decisions/0008."""
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES) < 36_000


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
