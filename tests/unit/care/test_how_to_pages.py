"""The how-to pages of this room are performed: what they tell is what works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.spec.care.bedside import Bedside, filled, minute

from euthymia.care import monitoring
from euthymia.care.decision import Level, reasons_of
from euthymia.care.protocol import holes
from euthymia.care.protocols.load import load_protocol, read_protocol_text
from euthymia.care.session_events import EventKind
from euthymia.care.vitals import parse_vitals


def block(page: str, language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return [re.sub(r"^   ", "", text, flags=re.MULTILINE) for text in found]


def test_add_a_monitoring_rule(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (repository / "docs/how-to/add-a-monitoring-rule.md").read_text(encoding="utf-8")
    (code,) = block(page, "python")
    names: dict[str, Any] = dict(vars(monitoring))
    exec(compile(code, "<how-to>", "exec"), names)
    monkeypatch.setattr(monitoring, "RULES", (*monitoring.RULES, names["pulse_not_taken"]))

    bed = Bedside(filled()).until_ready()
    assert reasons_of(monitoring.watch(bed.state, bed.protocol, minute(-1))) == ()
    bed = Bedside(filled()).infusing()
    spoken = reasons_of(monitoring.watch(bed.state, bed.protocol, minute(5)))
    assert [(reason.rule, reason.level) for reason in spoken] == [("pulse_not_taken", Level.FLAG)]
    bed.write(EventKind.VITALS, 6, parse_vitals("130/80 75"))
    assert reasons_of(monitoring.watch(bed.state, bed.protocol, minute(7))) == ()


def test_add_a_protocol(repository: Path) -> None:
    page = (repository / "docs/how-to/add-a-protocol.md").read_text(encoding="utf-8")
    sourced, hole = block(page, "toml")
    text = (repository / "src/euthymia/care/protocols/esketamine_nasal_trd.toml").read_text(encoding="utf-8")
    text = text.replace('id = "esketamine_nasal_trd"', 'id = "ours"')
    start = text.index("[minimum_observation_min]")
    text = text[:start] + sourced + text[text.index("[timing]") :]
    cap = next(line for line in text.splitlines() if line.startswith("number = { value = 84"))
    text = text.replace(cap, hole.strip())

    ours = read_protocol_text(text)
    assert (ours.id, ours.minimum_observation_min.value) == ("ours", 120)
    new = {found.name for found in holes(ours)} - {found.name for found in holes(load_protocol("esketamine_nasal_trd"))}
    assert new == {"limits.dose_cap"}
