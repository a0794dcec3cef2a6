"""Code that nobody runs, in four languages: about 0.8 KB each, and no two are the same.

Comes in: a language, a source of chance and the number of a post. Goes out: lines of code without
`{{`, `{%` or `{#`, which template languages would read.
"""

from __future__ import annotations

from random import Random

NAMES = (
    *("scores", "weights", "margin", "reader", "window", "stanza", "offset", "bundle", "rows"),
    *("cursor", "prefix", "total", "anchor", "ledger", "batch", "column", "verse", "digest"),
)
NOTES = (
    "keep the order of the lines",
    "nothing is read twice",
    "the last row is the longest",
    "an empty stanza counts as one",
    "rounded once, at the end",
    "the caller owns what it gets",
    "see the note on ties",
)


def write_code(language: str, random: Random, number: int) -> str:
    """A listing of about 0.8 KB; the number makes it unlike any other."""
    return {"python": _python, "javascript": _javascript, "bash": _bash, "rust": _rust}[language](
        random, number
    )


def _name(random: Random) -> str:
    return f"{random.choice(NAMES)}_{random.choice(NAMES)}"


def _note(random: Random) -> str:
    return random.choice(NOTES)


def _python(random: Random, number: int) -> str:
    lines = ["from collections import Counter", "", "import numpy as np", "", f"SEED = {number}"]
    for _ in range(random.randint(1, 2)):
        function, first, second = _name(random), random.choice(NAMES), _name(random)
        lines += [
            "",
            f"def {function}({first}: np.ndarray, *, scale: float = {random.random():.3f}):",
            f'    """Of {first}; {_note(random)}."""',
            f"    {second} = [float(row) / {random.randint(2, 99)} for row in {first} if row]",
            f"    if not {second} or len({second}) % {random.randint(3, 9)} == 1:",
            f"        raise ValueError(f'{function}: {{len({second})}} of {{scale!r}}')",
            f"    counts = Counter({second})  # {_note(random)}",
            f"    return sum(counts.values()) ** {random.randint(2, 5)} * np.exp(-scale)",
        ]
    return "\n".join(lines)


def _javascript(random: Random, number: int) -> str:
    lines = [f'import {{ {random.choice(NAMES)} }} from "./{_name(random)}.js";', ""]
    lines.append(f"const seed = {number};")
    for _ in range(random.randint(1, 2)):
        function, value, name = _name(random), _name(random), random.choice(NAMES)
        lines += [
            "",
            f"export async function {function}(items, limit = {random.randint(2, 999)}) {{",
            f"  // {_note(random)}",
            f"  const {value} = new Map(items.map((item) => [item.id ?? seed, item]));",
            f"  for (const [id, item] of {value}) {{",
            f"    if (id === {random.randint(1, 99)} || /^{name}[a-z]+$/i.test(id)) continue;",
            f"    await item?.{random.choice(NAMES)}(`${{id}}-${{limit}}`, '{_name(random)}');",
            "  }",
            f"  return [...{value}.keys()].slice(0, limit).join('{random.choice(',;|')}');",
            "}",
        ]
    return "\n".join(lines)


def _bash(random: Random, number: int) -> str:
    lines = ["#!/usr/bin/env bash", "set -euo pipefail", "", f"readonly SEED={number}"]
    for _ in range(random.randint(2, 3)):
        folder, variable = _name(random), random.choice(NAMES)
        lines += [
            "",
            f"# {_note(random)}",
            f'{variable}="${{1:-{_name(random)}}}"',
            f'for file in "{folder}"/*.md; do',
            f'  if [[ -s "$file" && $(wc -l <"$file") -gt {random.randint(2, 400)} ]]; then',
            f"    grep -c '{random.choice(NAMES)}' \"$file\" | sort -n >>{folder}.log || exit $?",
            f'    echo "${variable}: $((SEED % {random.randint(2, 97)}))" >&2',
            "  fi",
            "done",
        ]
    return "\n".join(lines)


def _rust(random: Random, number: int) -> str:
    kind = "".join(part.title() for part in _name(random).split("_"))
    fields = random.sample(NAMES, 3)
    lines = ["use std::collections::HashMap;", "", f"const SEED: u64 = {number};", ""]
    lines += ["#[derive(Debug, Clone, PartialEq)]", f"pub struct {kind}<'a> {{"]
    types = ("u64", "Vec<f32>", "&'a str", "HashMap<String, u8>")
    lines += [f"    pub {field}: {random.choice(types)}," for field in fields]
    lines += ["}", "", f"impl<'a> {kind}<'a> {{"]
    for _ in range(random.randint(1, 2)):
        argument, value, times = random.choice(NAMES), _name(random), random.randint(2, 99)
        lines += [
            f"    /// {_note(random).capitalize()}.",
            f"    pub fn {_name(random)}(&mut self, {argument}: usize) -> Option<u64> {{",
            f"        let {value}: Vec<u64> = (SEED..{argument} as u64)",
            f"            .map(|n| n * {times})",
            "            .collect();",
            f"        if {value}.len() < {random.randint(2, 999)} {{ return None; }}",
            f'        println!("{value} {{:?}} {{}}", {value}.first(), {argument});',
            f"        {value}.iter().copied().reduce(|a, b| a ^ (b >> {random.randint(1, 31)}))",
            "    }",
        ]
    return "\n".join([*lines, "}"])
