"""The models that figures can show, and where their weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sitegen.model import Value


class Model(Value, frozen=True):
    """A model."""

    name: str
    title: str
    family: Literal["encoder", "causal"]
    weights_sha256: str


MODELS: Mapping[str, Model] = {
    "minilm": Model(
        name="minilm",
        title="all-MiniLM-L6-v2",
        family="encoder",
        weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "smollm2": Model(
        name="smollm2",
        title="SmolLM2-135M-Instruct",
        family="causal",
        weights_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}
