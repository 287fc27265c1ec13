"""One number for the strength of a dose, so that routes and drugs can share one course.

1 is racemic ketamine 0.5 mg/kg into a vein: 0.25 mg/kg of S-ketamine reaching the blood. Counting only S-ketamine and
only what reaches the blood is our arithmetic, not a published equivalence; the numbers and their sources are in
`priors/relative_dose.toml`.
"""

from __future__ import annotations

import math

from euthymia.errors import ModelError, RegimenError
from euthymia.response.load import read_data


def relative_dose(drug: str, route: str, *, amount_mg: float, weight_kg: float) -> float:
    """Strength of `amount_mg` relative to racemic 0.5 mg/kg IV for a person of `weight_kg`.

    Refuses a drug or route whose share reaching the blood has no source here (ModelError).
    """
    if not (math.isfinite(amount_mg) and amount_mg >= 0):
        raise RegimenError("amount", "amount_mg", "A dose is a finite number of mg, 0 or more.")
    if not (math.isfinite(weight_kg) and 20 <= weight_kg <= 350):
        raise RegimenError("weight", "weight_kg", "A body weight lies between 20 and 350 kg.")
    data = read_data("relative_dose")
    shares = {(row["drug"], row["route"]): row for row in data["row"]}
    row = shares.get((drug, route))
    if row is None:
        known = ", ".join(f"{name} {way}" for name, way in shares)
        raise ModelError("no_equivalence", "route", f"No sourced equivalence for {drug} by {route}. Known: {known}.")
    available = amount_mg * row["s_ketamine_share"] * row["bioavailability"] / weight_kg
    return float(available / data["unit"]["s_ketamine_mg_per_kg"])
