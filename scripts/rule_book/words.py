"""How the rule book writes tables, numbers and where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from euthymia.care.cited import Cited
from euthymia.care.evidence import Basis
from euthymia.care.protocol import Protocol, Provenance


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table; a cell keeps its line."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def how(basis: Basis) -> str:
    """The sources of a statement, and how they were read."""
    cited = "; ".join(f"[{source.cite}]({source.link})" if source.link else source.cite for source in basis.sources)
    words = words_of(basis.provenance.value)
    return f"{cited} ({words})" if cited else words


def value(number: Cited) -> str:
    """A number with its unit, or that it is open and what would be plausible."""
    if number.value is not None:
        return f"{number.value:g} {number.unit}"
    return f"**open** ({number.unit}; plausible {number.low:g} to {number.high:g})"


def source(number: Cited, cites: Mapping[str, str]) -> str:
    """Where a number comes from, or why it is open."""
    return number.why if number.is_hole else cited(number.source, number.provenance, cites)


def named(names: tuple[str, ...], provenance: Provenance | None, told: Protocol) -> str:
    """The same for a rule of a protocol."""
    return cited(names, provenance, {one.name: one.cite for one in told.sources})


def cited(names: tuple[str, ...], provenance: Provenance | None, cites: Mapping[str, str]) -> str:
    where = "; ".join(cites.get(name, name) for name in names)
    words = words_of(provenance.value) if provenance else "open"
    return f"{where} ({words})" if where else words


def words_of(name: str) -> str:
    return name.replace("_", " ")
