"""The same site makes the same bytes, wherever, whenever and with however many workers."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sitegen.lock import LOCK

ROOT = Path(__file__).parents[2]


def build_elsewhere(folder: Path, *options: str, **environment: str) -> dict[str, str]:
    """Digests of the output of this repository's blog, built from a copy in `folder`."""
    folder.mkdir(parents=True)
    for name in ("content", "static", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("site.toml", LOCK):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        [sys.executable, "-m", "sitegen", "build", "-q", "--locked", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    out = folder / "public"
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return build_elsewhere(tmp_path_factory.mktemp("reference") / "site")


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--jobs", "1"], {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu"}),
        (["--jobs", "3"], {"PYTHONHASHSEED": "77", "LC_ALL": "C", "LANG": "C"}),
        (["--jobs", "2"], {"LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns"}),
        ([], {"OPENBLAS_CORETYPE": "Nehalem", "PYTHONOPTIMIZE": "1"}),
        (["--verify"], {"SOURCE_DATE_EPOCH": "1900000000"}),
    ],
)
def test_another_place_order_zone_locale_and_worker_count_change_no_byte(
    tmp_path: Path, reference: dict[str, str], options: list[str], environment: dict[str, str]
) -> None:
    deep = tmp_path / "another" / "deep folder"
    assert build_elsewhere(deep / "site", *options, **environment) == reference
