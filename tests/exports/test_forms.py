"""The exact forms that the Transient Name Server and the TOM Toolkit take."""

from __future__ import annotations

import pytest

from alertwatch.alert import Detection, LightCurve, NonDetection
from alertwatch.exports import tns, tom

WHO = tns.Reporter(group="999", names="A. Person (Somewhere)")
FIRST = Detection(mjd=60000.5, band="g", mag=19.1234, e_mag=0.1, positive=True)
SECOND = Detection(mjd=60001.5, band="r", mag=18.5, positive=True)
BEFORE = NonDetection(mjd=59998.25, band="r", limit=20.456)
AFTER = NonDetection(mjd=60000.6, band="r", limit=20.0)


def test_a_report_is_what_the_bulk_manual_asks_for() -> None:
    curve = LightCurve((FIRST, SECOND), (NonDetection(mjd=59990.0, band="g", limit=20.0), BEFORE, AFTER))
    report = tns.reported("ztf", "ZTF23abc", (150.1234567, -2.5), curve, WHO)
    assert tns.bulk([report]) == {
        "at_report": {
            "0": {
                "ra": {"value": "150.123457"},
                "dec": {"value": "-2.500000"},
                "reporting_group_id": "999",
                "discovery_data_source_id": "48",
                "reporter": "A. Person (Somewhere)",
                "discovery_datetime": "2023-02-25 12:00:00.000",
                "at_type": "1",
                "internal_name": "ZTF23abc",
                "non_detection": {
                    "obsdate": "2023-02-23 06:00:00.000",
                    "limiting_flux": "20.46",
                    "flux_units": "1",
                    "filter_value": "111",
                    "instrument_value": "196",
                },
                "photometry": {
                    "photometry_group": {
                        "0": {
                            "obsdate": "2023-02-25 12:00:00.000",
                            "flux": "19.123",
                            "flux_error": "0.100",
                            "flux_units": "1",
                            "filter_value": "110",
                            "instrument_value": "196",
                            "observer": "Robot",
                        },
                        "1": {
                            "obsdate": "2023-02-26 12:00:00.000",
                            "flux": "18.500",
                            "flux_units": "1",
                            "filter_value": "111",
                            "instrument_value": "196",
                            "observer": "Robot",
                        },
                    }
                },
            }
        }
    }


def test_rubin_has_numbers_of_its_own() -> None:
    report = tns.reported("lsst", "1", (1.0, 2.0), LightCurve((SECOND,)), WHO)
    assert report["discovery_data_source_id"] == "165"
    assert report["photometry"]["photometry_group"]["0"]["filter_value"] == "162"
    assert report["non_detection"] == {"archiveid": "0", "archival_remarks": "no non-detection is known"}


def test_a_discovery_is_a_detection_that_photometry_is_known_of() -> None:
    curve = LightCurve((Detection(mjd=59990.0, band="g"), SECOND))
    report = tns.reported("ztf", "ZTF23abc", (1.0, 2.0), curve, WHO)
    assert report["discovery_datetime"] == report["photometry"]["photometry_group"]["0"]["obsdate"]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ((), "no detection with a magnitude"),
        ((Detection(mjd=60000.0, band="g"),), "no detection with a magnitude"),
        ((FIRST, Detection(mjd=60002.0, band="g", mag=19.0, positive=False)), "a variable source"),
    ],
)
def test_what_is_no_discovery_is_not_reported(seen: tuple[Detection, ...], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        tns.reported("ztf", "ZTF23abc", (1.0, 2.0), LightCurve(seen), WHO)


TARGETS = [
    tom.Target(name="ZTF23abc", ra=150.1234567, dec=-2.5, extras={"filter": "young_sn"}),
    tom.Target(name="170032915988086813", ra=0.0, dec=1.0, extras={"classification": "SN, young"}),
]


def test_targets_are_the_table_that_the_toolkit_imports() -> None:
    assert tom.as_csv(TARGETS) == (
        "name,type,ra,dec,epoch,filter,classification\n"
        "ZTF23abc,SIDEREAL,150.123457,-2.500000,2000.0,young_sn,\n"
        '170032915988086813,SIDEREAL,0.000000,1.000000,2000.0,,"SN, young"\n'
    )


def test_targets_are_what_the_toolkits_api_is_sent() -> None:
    assert tom.as_json(TARGETS)[0] == {
        "name": "ZTF23abc",
        "type": "SIDEREAL",
        "ra": 150.123457,
        "dec": -2.5,
        "epoch": 2000.0,
        "targetextra_set": [{"key": "filter", "value": "young_sn"}],
    }
