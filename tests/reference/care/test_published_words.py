"""Shipped wording of PCL-5 and ASQ, compared with what public reproductions of both forms say.

Origin: the form of the National Center for PTSD (14 August 2013) and the ASQ tool of the NIMH, each in several public
reproductions. Read 2026-11-25. A few telling phrases are held here, not the whole text.
"""

from __future__ import annotations

import pytest

from euthymia.care.instruments import load_instrument


@pytest.mark.parametrize(
    ("instrument", "item", "ends"),
    [
        ("pcl5", "3", "(as if you were actually back there reliving it)?"),
        ("pcl5", "9", "no one can be trusted, the world is completely dangerous)?"),
        ("pcl5", "14", "have loving feelings for people close to you)?"),
        ("pcl5", "20", "Trouble falling or staying asleep?"),
        ("asq", "2", "you or your family would be better off if you were dead?"),
        ("asq", "3", "In the past week, have you been having thoughts about killing yourself?"),
        ("asq", "5", "Are you having thoughts of killing yourself right now?"),
    ],
)
def test_a_question_ends_as_published(instrument: str, item: str, ends: str) -> None:
    assert load_instrument(instrument).item(item).text("en").endswith(ends)


def test_the_five_answers_of_the_pcl5_are_the_published_ones() -> None:
    words = ["Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely"]
    assert [option.text() for option in load_instrument("pcl5").item("1").options] == words
