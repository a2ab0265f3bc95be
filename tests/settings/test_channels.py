"""Channels, subscriptions and whom to tell of trouble, as a person writes them into the settings."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from alertwatch import registry
from alertwatch.errors import SettingsError
from alertwatch.loader import verify
from alertwatch.secrets import passwords, reveal
from alertwatch.settings import Settings

SECRET = "hunter2-correct-horse"
PLUGIN = '''
"""A sink for tests."""
from pydantic import Field, SecretStr
from alertwatch.notification import Receipt
from alertwatch.settings import File
from alertwatch.sink import Sink, SinkSettings


class BellSettings(SinkSettings):
    """How it rings."""

    tone: str = Field(description="which tone")
    times: int = Field(1, ge=1, description="how often")
    sheet: File | None = Field(None, description="file with the music")
    token: SecretStr | None = Field(None, description="secret")
    token_file: File | None = Field(None, description="its file")


class Bell(Sink[BellSettings]):
    """Rings a bell for each notification that comes."""

    def check(self):
        return "it hangs"

    def send(self, notification):
        return Receipt(id="1")
'''
BELL = '[plugins]\nfolders = ["mine"]\n[channels.bell]\n'
SUBSCRIBED = """
[filters.young_sn]
[channels.bell]
tone = "c"
[plugins]
folders = ["mine"]
[subscriptions.sn]
filters = ["young_sn"]
channels = ["bell"]
"""


@pytest.fixture
def load(loaded: Callable[..., Settings], tmp_path: Path) -> Callable[..., Settings]:
    """``loaded``, with a folder of plug-ins beside the settings file that holds a sink ``bell``."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bell.py").write_text(PLUGIN)
    return loaded


def said_by(settings: Settings) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        verify(settings)
    first, *others = str(caught.value).split("\n  - ")
    return others or [first]


# -- a channel's own settings -----------------------------------------------------------------------------


def test_a_channel_gets_its_sink_with_its_own_settings(load, tmp_path):
    settings = load(BELL + 'tone = "c"\nsheet = "music/a.txt"\nper_minute = 3')
    bell = registry.build_sinks(settings)["bell"]

    assert (bell.name, bell.settings.tone, bell.settings.times) == ("bell", "c", 1)
    assert bell.settings.sheet == tmp_path / "music" / "a.txt"
    assert settings.channels["bell"].per_minute == 3


def test_two_channels_can_use_one_sink_and_one_that_is_switched_off_is_not_made(load):
    settings = load(
        '[plugins]\nfolders = ["mine"]\n'
        '[channels.high]\nuse = "bell"\ntone = "c"\n[channels.low]\nuse = "bell"\ntone = "a"\n'
        '[channels.off]\nuse = "bell"\nenabled = false\n'
    )

    assert {name: sink.settings.tone for name, sink in registry.build_sinks(settings).items()} == {
        "high": "c",
        "low": "a",
    }


WRONG = [
    ('tone = "c"\ntimse = 2', "[channels.bell] timse: Extra inputs are not permitted; did you mean 'times'?"),
    (
        'tone = "c"\nper_minut = 2',
        "[channels.bell] per_minut: Extra inputs are not permitted; did you mean 'per_minute'?",
    ),
    ("", "[channels.bell] tone is missing (which tone)"),
    ('tone = "c"\ntimes = 0', "[channels.bell] times: Input should be greater than or equal to 1"),
    ('use = "slak"', "[channels.bell] uses 'slak', which is no sink; "),
]


@pytest.mark.parametrize(("toml", "sentence"), WRONG)
def test_a_mistake_in_a_channel_is_said_with_the_nearest_key(load, toml, sentence):
    (said,) = said_by(load(BELL + toml))

    assert said.startswith(sentence)


def test_all_mistakes_in_channels_subscriptions_and_filters_are_said_at_once(load):
    said = said_by(
        load(
            BELL + 'tone = "c"\ntimes = 0\ntokn = "x"\n'
            "[filters.young_sn]\nmax_age = 3.0\n"
            '[subscriptions.sn]\nfilters = ["yuong_sn"]\nchannels = ["bel", "bell"]\n'
            '[notifications]\noperator = ["bel"]\n'
        )
    )

    assert said == [
        "[filters.young_sn] max_age: Extra inputs are not permitted; did you mean 'max_age_days'?",
        "[channels.bell] times: Input should be greater than or equal to 1",
        "[channels.bell] tokn: Extra inputs are not permitted; did you mean 'token'?",
        "[subscriptions.sn] filters: no filter 'yuong_sn' is configured; did you mean 'young_sn'?",
        "[subscriptions.sn] channels: no channel 'bel' is configured; did you mean 'bell'?",
        "[notifications] operator: no channel 'bel' is configured; did you mean 'bell'?",
    ]


def test_a_subscription_without_any_channel_configured_is_told_what_to_write(load):
    said = said_by(
        load('[filters.young_sn]\n[subscriptions.sn]\nfilters = ["young_sn"]\nchannels = ["team"]\n')
    )

    assert said == [
        "[subscriptions.sn] channels: no channel 'team' is configured; none is: write a section [channels.team]"
    ]


def test_a_folder_of_plugins_holds_filters_and_sinks_one_in_each_file(load, tmp_path):
    (tmp_path / "mine" / "both.py").write_text(PLUGIN + "class Other(Bell):\n    pass\n")

    assert said_by(load(BELL + 'tone = "c"')) == [
        f"{tmp_path}/mine/both.py defines 0 filters and 2 sinks; it must define exactly one of them"
    ]


def test_two_sinks_of_one_name_are_refused_with_their_files(load, tmp_path):
    (tmp_path / "yours").mkdir()
    (tmp_path / "yours" / "bell.py").write_text(PLUGIN)
    said = said_by(load('[plugins]\nfolders = ["mine", "yours"]'))

    assert said == [
        f"two sinks are called 'bell': {tmp_path}/mine/bell.py and {tmp_path}/yours/bell.py; rename one"
    ]


# -- secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (
            f"token = '{SECRET}'",
            "token must not stand in this file; set ALERTWATCH_CHANNELS__BELL__TOKEN, or token_file to",
        ),
        (
            f"app_token = '{SECRET}'",
            "app_token must not stand in this file; set ALERTWATCH_CHANNELS__BELL__APP_TOKEN, or",
        ),
        (
            f"webhook_url = '{SECRET}'",
            "webhook_url must not stand in this file; set ALERTWATCH_CHANNELS__BELL__WEBHOOK_URL",
        ),
        (
            f"url = 'https://me:{SECRET}@h'",
            "url holds a password; take it out and set ALERTWATCH_CHANNELS__BELL__URL to",
        ),
    ],
)
def test_a_channels_secret_in_the_file_is_refused_without_repeating_it(load, toml, sentence):
    with pytest.raises(SettingsError) as caught:
        load(BELL + toml)

    assert str(caught.value).startswith(f"alertwatch.toml, line 4: [channels.bell] {sentence}")
    assert SECRET not in str(caught.value)


def test_a_header_that_holds_a_secret_is_refused_in_the_file(load):
    with pytest.raises(SettingsError) as caught:
        load(BELL + f"headers = {{X-Api-Key = '{SECRET}'}}")

    assert str(caught.value).endswith(
        "[channels.bell.headers] X-Api-Key must not stand in this file; "
        'set ALERTWATCH_CHANNELS__BELL__HEADERS to {"X-Api-Key": …}'
    )


def test_a_channels_secret_comes_from_the_environment_or_from_a_file(load, tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    from_file = registry.build_sinks(load(BELL + 'tone = "c"\ntoken_file = "secret"'))["bell"]
    from_environment = registry.build_sinks(load(BELL + 'tone = "c"', CHANNELS__BELL__TOKEN=SECRET))["bell"]

    assert reveal(from_file.settings, "token") == "from a file"
    assert reveal(from_environment.settings, "token") == SECRET


@pytest.mark.parametrize("number", ["0123", "12345", "1e5", "true", "null"])
def test_a_secret_that_looks_like_a_number_stays_as_it_was_written(load, number):
    sink = registry.build_sinks(load(BELL + 'tone = "c"', CHANNELS__BELL__TOKEN=number))["bell"]

    assert reveal(sink.settings, "token") == number


def test_the_secrets_of_channels_are_taken_out_of_logs_and_never_shown(load, tmp_path):
    (tmp_path / "lines").write_text("tgram://first\ntgram://second\n")
    settings = load(
        BELL + 'apprise_url_file = "lines"\nsecret_file = "absent"',
        CHANNELS__BELL__APP_TOKEN=SECRET,
        CHANNELS__BELL__URL="https://me:p%40ss@h/x",
        CHANNELS__BELL__HEADERS='{"Authorization": "Bearer xyz"}',
    )

    assert set(passwords(settings)) == {
        SECRET, "tgram://first", "tgram://second", "p%40ss", "p@ss", "Bearer xyz"
    }  # fmt: skip
    for secret in passwords(settings):
        assert secret not in f"{settings!r} {settings} {settings.channels}"


# -- the environment -------------------------------------------------------------------------------------


def test_variables_alone_can_make_a_channel_and_a_subscription(load):
    settings = load(
        CHANNELS__BELL__TONE="c",
        CHANNELS__BELL__TIMES="3",
        CHANNELS__BELL__PER_MINUTE="6",
        PLUGINS__FOLDERS='["mine"]',
        FILTERS__YOUNG_SN="{}",
        SUBSCRIPTIONS__SN__FILTERS='["young_sn"]',
        SUBSCRIPTIONS__SN__CHANNELS='["bell"]',
        SUBSCRIPTIONS__SN__WHERE__BRIGHTER_THAN="19",
        SUBSCRIPTIONS__SN__URGENT__MAX_AGE_DAYS="2",
        NOTIFICATIONS__OPERATOR='["bell"]',
    )
    verify(settings)

    assert registry.build_sinks(settings)["bell"].settings.times == 3
    assert settings.channels["bell"].per_minute == 6
    assert settings.subscriptions["sn"].where.brighter_than == 19
    assert settings.subscriptions["sn"].urgent.max_age_days == 2


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SUBSCRIPTIONS__SN__URGENT__MAX_AGE_DAY", "ALERTWATCH_SUBSCRIPTIONS__SN__URGENT__MAX_AGE_DAYS"),
        ("SUBSCRIPTIONS__SN__WHERE__MIN_PROB", "ALERTWATCH_SUBSCRIPTIONS__SN__WHERE__MIN_PROBABILITY"),
        ("NOTIFICATIONS__OPERATORS", "ALERTWATCH_NOTIFICATIONS__OPERATOR"),
    ],
)
def test_an_unknown_variable_of_a_subscription_is_an_error_with_the_nearest_name(load, name, nearest):
    with pytest.raises(SettingsError) as caught:
        load(SUBSCRIBED, **{name: "1"})

    assert f"ALERTWATCH_{name} is no setting; did you mean {nearest!r}?" in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        (
            "urgent = {max_age = 2}",
            "[subscriptions.sn.urgent] max_age is no setting; did you mean 'max_age_days'?",
        ),
        (
            "where = {min_probability = 2}",
            "[subscriptions.sn.where] min_probability should be less than or equal to 1",
        ),
        (
            "again = {new_filtr = true}",
            "[subscriptions.sn.again] new_filtr is no setting; did you mean 'new_filter'?",
        ),
        ('digest = "yearly"', "[subscriptions.sn] digest should be 'none', 'hourly'"),
    ],
)
def test_a_mistake_in_a_subscription_is_said_with_its_line(load, toml, sentence):
    with pytest.raises(SettingsError) as caught:
        load(SUBSCRIBED + toml)

    line = len(SUBSCRIBED.splitlines()) + 1
    assert str(caught.value).startswith(f"alertwatch.toml, line {line}: {sentence}")


def test_settings_that_say_all_of_it_are_fine(load):
    verify(load(SUBSCRIBED + '[notifications]\noperator = ["bell"]\n'))


def test_an_installed_sink_is_found_by_its_entry_point(load, tmp_path, monkeypatch):
    load()
    monkeypatch.syspath_prepend(str(tmp_path / "mine"))
    points = [
        EntryPoint("chime", "bell:Bell", "alertwatch.sinks"),
        EntryPoint("gong", "gong:Gong", "alertwatch.sinks"),
    ]
    monkeypatch.setattr(
        "alertwatch.plugins.entry_points", lambda group: points[:1] if group.endswith("sinks") else []
    )

    assert registry.sinks()["chime"].__name__ == "Bell"

    monkeypatch.setattr("alertwatch.plugins.entry_points", lambda group: points)
    with pytest.raises(
        SettingsError, match=r"the installed sink 'gong' .* cannot be loaded: No module named 'gong'"
    ):
        registry.sinks()
