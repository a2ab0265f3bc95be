from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertwatch import mistakes
from alertwatch.errors import SettingsError
from alertwatch.loader import load
from alertwatch.settings import Settings

SOURCE = """
[sources.ztf]
brokers = "kafka.example.org:9093"
group_id = "me-alertwatch"
[sources.ztf.topics]
"stamp_classifier_{date}" = "ztf_stamp"
"""


def test_an_empty_file_gives_the_defaults_with_the_database_beside_it(loaded, tmp_path):
    settings = loaded()

    assert settings.database.url == f"sqlite:///{tmp_path / 'alertwatch.db'}"
    assert settings.model_copy(update={"database": None}) == Settings().model_copy(update={"database": None})


def test_a_file_as_a_user_writes_it_loads(loaded):
    settings = loaded(
        SOURCE
        + """
[sources.ztf.kafka]
"fetch.min.bytes" = 1
[apis.ztf]
url = "https://api.alerce.online/ztf/v1"
packets = "https://avro.alerce.online"
[filters.young_sn]
max_age_days = 3.0
[filters.bright_young_sn]
use = "young_sn"
brighter_than = 18.5
"""
    )

    assert settings.sources["ztf"].topics == {"stamp_classifier_{date}": "ztf_stamp"}
    assert settings.sources["ztf"].kafka == {"fetch.min.bytes": 1}
    assert settings.filters["bright_young_sn"].use == "young_sn"
    assert settings.filters["bright_young_sn"].parameters == {"brighter_than": 18.5}


# -- the environment -------------------------------------------------------------------------------------------


def test_a_variable_wins_over_the_file(loaded):
    settings = loaded(
        SOURCE,
        SOURCES__ZTF__GROUP_ID="other-group",
        LOOKUPS__RETRY_MINUTES="[1, 4]",
        FILTERS__YOUNG_SN__MAX_AGE_DAYS="2.5",
        PLUGINS__FOLDERS='["a"]',
    )

    assert settings.sources["ztf"].group_id == "other-group"
    assert settings.sources["ztf"].brokers == "kafka.example.org:9093"
    assert settings.lookups.retry_minutes == (1, 4)
    assert settings.filters["young_sn"].parameters == {"max_age_days": 2.5}


def test_variables_alone_can_make_a_source(loaded):
    settings = loaded(
        SOURCES__LSST__BROKERS="b:1",
        SOURCES__LSST__GROUP_ID="123",
        SOURCES__LSST__TOPICS='{"stamp_classifier_{date}": "rubin_stamp"}',
        SOURCES__LSST__KAFKA='{"fetch.min.bytes": 5}',
    )

    assert settings.sources["lsst"].group_id == "123"
    assert settings.sources["lsst"].topics == {"stamp_classifier_{date}": "rubin_stamp"}
    assert settings.sources["lsst"].kafka == {"fetch.min.bytes": 5}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SOURCES__ZTF__GROUPID", "ALERTWATCH_SOURCES__ZTF__GROUP_ID"),
        ("DATABASE_URL", "ALERTWATCH_DATABASE__URL"),
        ("CONFG", "ALERTWATCH_CONFIG"),
        ("SOURCES__ZTF__PASWORD", "ALERTWATCH_SOURCES__ZTF__PASSWORD"),
    ],
)
def test_an_unknown_variable_is_an_error_with_the_nearest_name(loaded, name, nearest):
    with pytest.raises(SettingsError) as caught:
        loaded(SOURCE, **{name: "hunter2"})

    assert str(caught.value) == (
        f"the environment variable ALERTWATCH_{name} is no setting; did you mean {nearest!r}?"
    )


def test_a_variable_that_is_no_json_is_a_sentence_without_its_value(loaded):
    with pytest.raises(SettingsError, match="is not the JSON it should be") as caught:
        loaded(SOURCE, LOOKUPS__RETRY_MINUTES="hunter2")

    assert "lookups" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@given(st.sampled_from([place for place, _ in mistakes.keys(Settings, {"sources": {"x": {}}})]))
def test_every_key_has_a_variable_that_is_known(place):
    table = {"sources": {"x": {}}}

    assert list(mistakes.unknown_variables({mistakes.variable(*place): ""}, table)) == []


# -- mistakes ------------------------------------------------------------------------------------------------

WRONG = [
    ("[souces.ztf]\nx = 1", "line 1: [souces] is no section of the settings; did you mean 'sources'?"),
    ("[logging]\nlevle = 'info'", "line 2: [logging] levle is no setting; did you mean 'level'?"),
    ("[logging]\n\nlevel = 'loud'", "line 3: [logging] level should be 'debug', 'info', 'warning' or 'error'"),
    ("[lookups]\nworkers = 0", "line 2: [lookups] workers should be greater than or equal to 1"),
    ("[lookups]\nretry_minutes = [1, 'x']", "line 2: [lookups] retry_minutes should be a valid number"),
    ("[apis.gaia]\nurl = 'x'", "line 1: [apis] gaia should be 'ztf' or 'lsst'"),
    (
        "[sources.ztf]\ngroup_id = 'g'\ntopics = {a = 'b'}",
        "line 1: [sources.ztf] brokers is missing (host:port, several separated by commas)",
    ),
    (
        "[sources.my-kafka]\nbrokers = 'b'\ngroup_id = 'g'\ntopics = {a = 'b'}",
        "line 1: [sources] my-kafka: a name begins with a letter and is made of a-z, 0-9 and _",
    ),
    ("[filters.Young]", "line 1: [filters] Young: a name begins with a letter and is made of a-z, 0-9 and _"),
    (SOURCE + "[sources.ztf.kafka]\nx = [1]", "line 8: [sources.ztf.kafka] x should be"),
    ("[filters.x]\nenabled = 'perhaps'", "line 2: [filters.x] enabled should be a valid boolean"),
]


@pytest.mark.parametrize(("toml", "sentence"), WRONG)
def test_a_mistake_is_said_with_its_line_and_the_nearest_key(loaded, toml, sentence):
    with pytest.raises(SettingsError) as caught:
        loaded(toml)

    assert str(caught.value).startswith(f"alertwatch.toml, {sentence}")
    assert "\n" not in str(caught.value)


def test_all_mistakes_are_said_at_once(loaded):
    with pytest.raises(SettingsError) as caught:
        loaded("[logging]\nlevle = 1\n[lookups]\nworkers = 0\n[database]\nurl = 'u://me:hunter2@h/d'", X="1")

    said = str(caught.value)
    assert said.startswith("4 mistakes in the settings:\n  - ")
    assert len(said.splitlines()) == 5


def test_a_mistake_in_a_variable_names_the_variable(loaded):
    with pytest.raises(SettingsError) as caught:
        loaded(LOGGING__LEVEL="loud")

    assert str(caught.value).startswith("ALERTWATCH_LOGGING__LEVEL: [logging] level should be")


def test_what_is_no_toml_is_said_with_its_line(loaded, tmp_path):
    with pytest.raises(SettingsError, match=r"alertwatch.toml is not valid TOML: .*line 2"):
        loaded("[database]\nurl = nothing quoted\n")


def test_a_file_that_is_not_there_names_the_command_that_writes_one(tmp_path):
    with pytest.raises(SettingsError, match=r"there is no settings file .*`alertwatch init` writes one"):
        load(tmp_path / "absent.toml")


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        load(binary)


# -- files beside the settings -------------------------------------------------------------------------------


def test_relative_paths_are_relative_to_the_file_wherever_one_stands(loaded, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    settings = loaded(
        "[database]\nurl = 'sqlite:///data/x.db'\npassword_file = 'secret'\n"
        "[plugins]\nfolders = ['mine', '/abs']\n"
        + SOURCE
        + "[sources.ztf.kafka]\n'ssl.ca.location' = 'ca.pem'\n'ssl.key.location' = '/k.pem'\n"
    )

    assert settings.database.url == f"sqlite:///{tmp_path}/data/x.db"
    assert settings.database.password_file == tmp_path / "secret"
    assert settings.plugins.folders == (tmp_path / "mine", Path("/abs"))
    assert settings.sources["ztf"].kafka == {
        "ssl.ca.location": str(tmp_path / "ca.pem"),
        "ssl.key.location": "/k.pem",
    }


@pytest.mark.parametrize("url", ["sqlite:////abs/x.db", "postgresql+psycopg://me@h/d"])
def test_other_addresses_stay_as_they_are(loaded, url):
    assert loaded(f"[database]\nurl = '{url}'").database.url == url


def test_a_home_folder_is_found(loaded, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert loaded("[plugins]\nfolders = ['~/mine']").plugins.folders == (Path("/home/me/mine"),)
