"""The page on the built-in filters says what the code says."""

import re

import pytest

from alertwatch import registry
from alertwatch.filter import Parameters
from tests.support.data import ROOT

PAGE = ROOT / "docs" / "filters.md"
FILTERS = registry.filters()


def parameter_table(parameters: type[Parameters]) -> str:
    """The parameters as a table in Markdown."""
    rows = ["| parameter | default | meaning; source |", "|---|---|---|"]
    for name, field in parameters.model_fields.items():
        assert isinstance(field.json_schema_extra, dict)
        default = str(field.default).lower() if field.default in {True, False, None} else f"{field.default:g}"
        unit = f" {field.json_schema_extra['unit']}".rstrip()
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | {default}{unit if default != 'none' else ''} | {meaning} |")
    return "\n".join(rows)


@pytest.mark.parametrize("name", FILTERS)
def test_the_table_of_parameters_is_that_of_the_code(name: str) -> None:
    expected = f"<!-- parameters {name} -->\n{parameter_table(FILTERS[name].parameters_type)}\n"
    assert expected in PAGE.read_text(), f"paste this into {PAGE.name}:\n{expected}"


def test_each_filter_has_a_section_and_each_section_a_filter() -> None:
    sections = set(re.findall(r"^## ([a-z_]+)$", PAGE.read_text(), re.MULTILINE))
    assert sections == set(FILTERS)
