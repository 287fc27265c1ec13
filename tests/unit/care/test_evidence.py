"""A basis says who said it and how far it was read."""

from __future__ import annotations

import pytest

from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.protocol import Provenance, Source

DOCUMENT = {"sources": {"a": {"cite": "Adams 2020", "link": "https://example.org"}, "b": {"cite": "Bell 2021"}}}


def test_a_basis_is_one_line_with_every_citation() -> None:
    sources = sources_of(DOCUMENT)
    assert sources["a"] == Source("a", "Adams 2020", "https://example.org")
    found = basis_of({"source": ["a", "b"], "provenance": "read_secondary"}, sources)
    assert found.says == "Adams 2020; Bell 2021 (read secondary)"
    assert found.may_gate


def test_without_a_source_the_line_says_how_it_is_known() -> None:
    found = basis_of({"provenance": "memory"}, {})
    assert found == Basis((), Provenance.MEMORY)
    assert (found.says, found.may_gate) == ("(memory)", False)


def test_a_source_that_is_not_listed_is_an_error() -> None:
    with pytest.raises(KeyError):
        basis_of({"source": ["c"], "provenance": "read"}, sources_of(DOCUMENT))
