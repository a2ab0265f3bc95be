"""docs/notifications.md tells the truth: its settings load, its template works, and no key is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alertwatch import loader, render
from alertwatch.commands.subscriptions import example
from alertwatch.settings import AgainSettings, ConditionSettings, SubscriptionSettings
from alertwatch.verification import of_subscription
from tests.support.data import ROOT

PAGE = (ROOT / "docs" / "notifications.md").read_text()
SETTINGS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
FILTERS = "\n[filters.young_sn]\n[filters.agn_flare]\n"


@pytest.mark.parametrize("text", SETTINGS)
def test_the_settings_of_the_page_are_settings(text: str, tmp_path: Path) -> None:
    path = tmp_path / "alertwatch.toml"
    path.write_text(text + FILTERS)

    settings = loader.load(path)

    found = [s for name, one in settings.subscriptions.items() for s in of_subscription(name, one, settings)]
    assert found == []
    assert set(settings.notifications.operator) <= set(settings.channels)


@pytest.mark.parametrize("section", [SubscriptionSettings, ConditionSettings, AgainSettings])
def test_every_key_of_a_subscription_is_on_the_page(section: type[SubscriptionSettings]) -> None:
    toml = "\n".join(SETTINGS)
    missing = [key for key in section.model_fields if f"`{key}`" not in PAGE and f"{key} = " not in toml]

    assert missing == []


def test_the_template_of_the_page_works(tmp_path: Path) -> None:
    (template,) = re.findall(r"```jinja\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "object.txt.j2").write_text(template)

    render.use_templates(tmp_path)
    try:
        shown = render.plain_text(example.notification("young_sn", ["young_sn"]))
    finally:
        render.use_templates(None)

    assert re.fullmatch(r"SN candidate ZTF26example: .*\nhttps://alerce.online/object/ZTF26example\n", shown)
