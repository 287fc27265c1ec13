"""What a trial design must say, and what is refused."""

import copy
import json
import tomllib
from importlib.resources import files

import pytest

from euthymia.errors import BadInput
from euthymia.research.design import design_from, gallery, load_design

NAME = "murrough2013_midazolam"


def document():
    text = files("euthymia.research").joinpath("gallery", f"{NAME}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def changed(path, value):
    data = copy.deepcopy(document())
    place = data
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


def test_every_shipped_design_can_be_read():
    assert NAME in gallery()
    for name in gallery():
        design = load_design(name)
        assert design.id == name
        assert all(row.source and row.provenance in {"read", "abstract"} for row in design.published)


def test_a_file_gives_the_same_design_as_the_gallery(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document()), encoding="utf-8")
    assert load_design(str(path)) == load_design(NAME)


def test_any_change_changes_the_hash():
    assert design_from(changed(("arm", 0, "persons"), 48)).hash != design_from(document()).hash


@pytest.mark.parametrize(
    ("why", "path", "value", "code"),
    [
        ("no endpoint", ("endpoint",), None, "missing"),
        ("no baseline", ("population", "baseline_mean"), None, "missing"),
        ("one arm", ("arm",), [{"id": "a", "name": "a", "persons": 5, "days": [0]}], "arms"),
        ("a control that is no arm", ("control",), "placebo", "control"),
        ("nobody in an arm", ("arm", 0, "persons"), 0, "persons"),
        ("words for a number", ("arm", 0, "persons"), "many", "wrong_kind"),
        ("no session", ("arm", 0, "days"), [], "days"),
        ("sessions out of order", ("arm", 0, "days"), [3.0, 0.0], "days"),
        ("a session before the first", ("arm", 0, "days"), [-1.0], "days"),
        ("an endpoint before the first session", ("endpoint", "at_day"), -1.0, "endpoint"),
        ("a response of everything", ("endpoint", "response_share"), 1.0, "endpoint"),
        ("a baseline off the scale", ("population", "baseline_mean"), 70.0, "baseline"),
        ("an entry nobody reaches", ("population", "entry_minimum"), 59.0, "entry_minimum"),
        ("more than everybody", ("population", "chance", 0, "share"), 1.2, "share"),
        ("a fact no rule asks for", ("population", "chance", 0, "fact"), "shoe_size", "unknown_fact"),
        ("a body without a height", ("population", "body", "height_cm"), None, "body"),
        ("arms that are no list of tables", ("arm",), ["a", "b"], "wrong_kind"),
    ],
)
def test_refused(why, path, value, code):
    with pytest.raises(BadInput) as refusal:
        design_from(changed(path, value))
    assert refusal.value.code == code, why


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [("a.toml", "id = ", "not_a_document"), ("a.json", "{", "not_a_document"), ("a.json", "[]", "not_a_document")],
)
def test_a_file_that_is_no_design(tmp_path, name, text, code):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        load_design(str(path))
    assert refusal.value.code == code


def test_a_file_that_is_not_there():
    with pytest.raises(BadInput, match="neither a file nor shipped"):
        load_design("nowhere.toml")
