"""The settings that the demo runs on, as a user would write them."""

from __future__ import annotations

SETTINGS = """# What the demo ran on: a simulated ALeRCE, and waits of seconds where the real one needs minutes.
[database]
url = "sqlite:///matches.db"

[sources.simulated]
brokers  = "{brokers}"
group_id = "demo-alertwatch"
[sources.simulated.topics]
"stamp_classifier_{{date}}"       = "ztf_stamp"
"lc_classifier_ztf_{{date}}"      = "ztf_lc"
"rubin_stamp_classifier_{{date}}" = "rubin_stamp"
[sources.simulated.kafka]
{kafka}

[apis.ztf]
url     = "{ztf}"
packets = "{packets}"
tap     = "{tap}"
requests_per_second = 200
[apis.lsst]
url = "{lsst}"
requests_per_second = 200

[lookups]
workers = 8
retry_minutes = [0.02, 0.05]
then_every_minutes = 0.05

[filters.young_sn]
[filters.agn_flare]

[channels.told]
use  = "file"
path = "told.jsonl"

[subscriptions.everything]
filters  = ["young_sn", "agn_flare"]
channels = ["told"]
"""

PREVIEWED = """
# What `alertwatch subscriptions preview observers` shows. Nothing is sent: both channels are switched off.
[channels.team]
use = "slack"
channel = "C0123456789"
token_file = "slack_token"
enabled = false

[channels.pi]
use = "email"
to = ["pi@example.org"]
sender = "alertwatch@example.org"
host = "localhost"
enabled = false

[subscriptions.observers]
filters  = ["young_sn"]
channels = ["team", "pi"]
"""
