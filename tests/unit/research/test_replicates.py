"""Replicates: replayable, resumable, order-free, whole or not at all."""

import json
from dataclasses import replace
from functools import cache

import pytest

from euthymia.errors import BadInput
from euthymia.research.design import load_design
from euthymia.research.replicates import (
    as_plain,
    code_version,
    merge,
    read_result,
    replicate_seed,
    result_path,
    run_many,
    shard_name,
    write_whole,
)
from euthymia.research.report import drawing, table, words
from euthymia.research.trial import run

DESIGN = load_design("murrough2013_midazolam")


@cache
def outcomes():
    return tuple(run(DESIGN, replicate_seed(3, replicate)) for replicate in range(6))


def test_the_same_design_and_seed_give_the_same_outcome():
    assert run(DESIGN, 5) == run(DESIGN, 5)
    assert run(DESIGN, 5) != run(DESIGN, 6)


def test_replicates_have_seeds_of_their_own():
    assert len({replicate_seed(seed, replicate) for seed in range(20) for replicate in range(50)}) == 1000


def test_the_order_of_merging_does_not_matter():
    assert merge(DESIGN, 3, outcomes()) == merge(DESIGN, 3, outcomes()[::-1])


def test_a_run_in_one_piece_and_a_run_cut_short_agree(tmp_path):
    told = []
    whole = run_many(DESIGN, 3, replicates=30)
    run_many(DESIGN, 3, replicates=25, directory=tmp_path)
    resumed = run_many(DESIGN, 3, replicates=30, directory=tmp_path, progress=lambda *done: told.append(done))
    assert resumed == whole
    assert told == [(25, 30), (30, 30)]
    assert read_result(DESIGN, tmp_path) == whole


def test_a_found_shard_is_used_and_a_damaged_one_is_not(tmp_path):
    first = run_many(DESIGN, 3, replicates=2, directory=tmp_path)
    shard = tmp_path / "shards" / f"{shard_name(DESIGN, 3, 0, 2)}.json"
    kept = json.loads(shard.read_text(encoding="utf-8"))
    kept[0]["candidates"] += 100
    shard.write_text(json.dumps(kept), encoding="utf-8")
    assert run_many(DESIGN, 3, replicates=2, directory=tmp_path).candidates_per_trial == first.candidates_per_trial + 50
    for damage in ("", "[{", "[{}]", "3"):
        shard.write_text(damage, encoding="utf-8")
        assert run_many(DESIGN, 3, replicates=2, directory=tmp_path) == first


def test_another_design_or_seed_never_shares_a_shard():
    other = replace(DESIGN, hash="0" * 16)
    names = {shard_name(DESIGN, 3, 0, 25), shard_name(DESIGN, 4, 0, 25), shard_name(DESIGN, 3, 25, 50)}
    assert len(names | {shard_name(other, 3, 0, 25)}) == 4


def test_a_changed_rule_makes_new_shards():
    data = dict(DESIGN.protocol_values["iv_racemic_05"]) | {"limits.dose_cap": 100.0}
    tighter = replace(DESIGN, protocol_values={"iv_racemic_05": data})
    assert code_version(tighter) != code_version(DESIGN)


def test_a_write_that_fails_leaves_what_stood_there(tmp_path):
    path = tmp_path / "result.json"
    write_whole(path, "before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "after \ud800")
    assert path.read_text(encoding="utf-8") == "before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(("replicates", "seed"), [(0, 1), (1, 1), (10**9, 1), (5, -1)])
def test_refused(replicates, seed):
    with pytest.raises(BadInput):
        run_many(DESIGN, seed, replicates=replicates)


def test_no_result_and_a_broken_one_are_refused(tmp_path):
    with pytest.raises(BadInput, match="No result"):
        read_result(DESIGN, tmp_path)
    result_path(DESIGN, tmp_path).write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match="not a whole result"):
        read_result(DESIGN, tmp_path)


def test_the_report_shows_published_beside_predicted():
    result = merge(DESIGN, 3, outcomes())
    text = table(result)
    assert "-8.0 [-12.7, -3.2]" in text
    assert "Candidates asked per trial" in text
    for kind in ("points", "percent"):
        svg = drawing(result, kind)
        assert svg is not None
        assert svg.lstrip().startswith("<")
        assert "Published" in svg
    assert words("difference:a-b") == "a minus b, points"
    assert words("other:a") == "other:a"


def test_nothing_published_is_said_so():
    result = merge(replace(DESIGN, published=()), 3, outcomes())
    assert "not published" in table(result)
    assert {row["published_within"] for row in as_plain(result)["results"]} == {None}
