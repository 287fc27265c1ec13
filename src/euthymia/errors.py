"""The one exception tree.

    EuthymiaError
    ├── BadInput              something from outside is refused at the door: code, path, what to do
    │   ├── UnitError         an amount whose unit is unknown or of the wrong kind
    │   ├── RegimenError      doses that cannot be what was meant
    │   ├── ModelError        a model that does not cover this drug, route or person
    │   ├── InstrumentError   an answer the instrument does not know
    │   ├── ProtocolError     a protocol document that cannot be read
    │   └── DocumentError     a FHIR or other exchange document that cannot be understood
    └── Broken                our own fault, or the mathematics'; never shown as advice
        └── SolverFailed      a numerical method gave no answer

A clinical *no* is none of these: it is a value, see `euthymia.care.decision`.
"""

from __future__ import annotations


class EuthymiaError(Exception):
    """Everything this project raises on purpose."""


class BadInput(EuthymiaError):
    """Input that was refused; nothing was written.

    code: a stable word a program may test.   path: where in the input, e.g. `doses[0].amount_mg`.
    message: what was wrong and what to do, for a person.
    """

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.code = code
        self.path = path
        self.message = message

    def as_json(self) -> dict[str, str]:
        """The shape every door shows: {"error", "path", "message"}."""
        return {"error": self.code, "path": self.path, "message": self.message}


class UnitError(BadInput):
    """An amount whose unit is unknown or of the wrong kind."""


class RegimenError(BadInput):
    """Doses that cannot be what was meant."""


class ModelError(BadInput):
    """A model that does not cover this drug, route or person."""


class InstrumentError(BadInput):
    """An answer the instrument does not know."""


class ProtocolError(BadInput):
    """A protocol document that cannot be read."""


class DocumentError(BadInput):
    """A FHIR or other exchange document that cannot be understood."""


class Broken(EuthymiaError):
    """Our own fault, or the mathematics'; never shown as advice."""


class SolverFailed(Broken):
    """A numerical method gave no answer."""
