from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ('"ztf_stamp"', '"ztf_stmp"', "which is no reader; did you mean 'ztf_stamp'?"),
        ("brighter_than", "brihter_than", "did you mean 'brighter_than'?"),
        ('group_id = "tests"', 'group_id = "tests"\nsecurity = "SASL_SSL"', "SASL_SSL needs a username"),
    ],
)
def test_settings_that_cannot_work_are_said_before_anything_is_done(cli, settings_file, right, wrong, sentence):
    settings_file.write_text(settings_file.read_text().replace(right, wrong))

    result = cli("run", "--until-empty")

    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not settings_file.with_name("alertwatch.db").exists()
