"""The page on the built-in filters has all of them; a test of all pages sees that its tables are current."""

import re

import pytest

from alertwatch import registry
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "filters.md").read_text()
FILTERS = registry.filters()


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_has_a_table_of_its_parameters(name: str) -> None:
    assert f"<!-- generated: parameters {name} -->\n" in PAGE


def test_each_filter_has_a_section_and_each_section_a_filter() -> None:
    sections = set(re.findall(r"^## ([a-z_]+)$", PAGE, re.MULTILINE))
    assert sections == set(FILTERS)
