"""What a view draws: a spec with its numbers and with what was found out about them.

Comes in: nothing. Goes out: the one argument of every view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sitegen.figures.spec import Spec
from sitegen.figures.toy import Toy
from sitegen.figures.weights import Units, Weights

if TYPE_CHECKING:
    from sitegen.figures.claims import Verdict


@dataclass(frozen=True)
class Scene:
    """A figure to draw. `chosen` is the (row, column) of the panel that is shown first."""

    spec: Spec
    weights: Weights
    chosen: tuple[int, int]
    toy: Toy | None = None
    """The steps of the chosen layer; None where the weights came from elsewhere."""
    verdicts: tuple[Verdict, ...] = ()

    @property
    def panel(self) -> Units:
        """The weights that are shown first, `[n_query, n_key]`."""
        panel: Units = self.weights.units[self.chosen]
        return panel

    @property
    def panels(self) -> int:
        """How many panels there are."""
        return len(self.weights.rows.options) * len(self.weights.columns.options)
