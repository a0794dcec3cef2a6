"""What an `attention` block asks for: typed, and free of mistakes; and how much it may ask for."""

from __future__ import annotations

from sitegen.figures.learned import Learned
from sitegen.figures.matrices import Inputs
from sitegen.figures.terms import Claim
from sitegen.model import Value

MOST_TOKENS = 64
MOST_HEADS = 64
MOST_LAYERS = 32
MOST_PANELS = 512
MOST_WEIGHTS = 6 * 512**2
"""Numbers of a projection in all layers: six layers of the base Transformer, two seconds' work."""
LONGEST_TOKEN = 100
LARGEST_SCALE = 1000.0


class Spec(Value, frozen=True):
    """A figure to draw. `layer` and `head` count from 1; `row` is the index of a token."""

    id: str
    view: str
    tokens: tuple[str, ...]
    inputs: Inputs | Learned
    layers: int = 1
    heads: int = 1
    layer: int = 1
    head: int = 1
    positions: bool = False
    """Whether sinusoidal positions are added to the vectors."""
    causal: bool = False
    scale: float | None = None
    """The factor of the scores; None is 1/√d_key."""
    row: int | None = None
    """The token to highlight as the one that attends."""
    caption: str = ""
    claims: tuple[Claim, ...] = ()

    @property
    def faded(self) -> frozenset[int]:
        """The tokens that are shown dimmed."""
        learned = self.inputs
        if not isinstance(learned, Learned) or learned.special != "fade":
            return frozenset()
        return frozenset(i for i, word in enumerate(learned.words) if word.special)
