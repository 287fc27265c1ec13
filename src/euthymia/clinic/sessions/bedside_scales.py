"""The scales that are rated at the bedside with one number: which form, what it looks at and what its row is called.

Their rows on the flowsheet, their cells and fields, the lines of a keyed-in paper and their words all follow from here.
"""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.care.instruments import load_instrument
from euthymia.care.session_events import Concern


@dataclass(frozen=True, slots=True)
class BedsideScale:
    """instrument: the id of the form and the name of its field.   word: what it looks at.   form: as users call it.
    head: over a narrow column."""

    instrument: str
    concern: Concern
    word: str
    form: str
    head: str

    @property
    def row(self) -> str:
        """The row of the flowsheet, and the name of its cell."""
        return self.concern.value

    @property
    def label(self) -> str:
        """`Sedation, MOAA/S`."""
        return f"{self.word}, {self.form}"

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest number of the form."""
        instrument = load_instrument(self.instrument)
        return instrument.lowest, instrument.highest


SCALES = (
    BedsideScale("moaas", Concern.SEDATION, "Sedation", "MOAA/S", "MOAA/S"),
    BedsideScale("cadss6", Concern.DISSOCIATION, "Dissociation", "CADSS-6", "CADSS-6"),
    BedsideScale("nausea_rating", Concern.NAUSEA, "Nausea", "0–10 rating", "Nausea"),
)
BY_ROW = {scale.row: scale for scale in SCALES}
