from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from alertwatch.alert import Cutouts
from alertwatch.settings import ApiSettings
from consumer.lookup.stamps import Stamps
from tests.lookup.fake_api import FakeApi, Reply

IMAGES = Cutouts(science=b"image", template=b"image", difference=b"image")


def test_two_who_want_the_same_images_at_once_ask_for_them_once(api: FakeApi) -> None:
    late = threading.Event()
    api.script("/get_stamp", Reply(b"image", hold=late))
    stamps = Stamps({"ztf": ApiSettings(url=api.url, packets=api.url)})
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(stamps.cutouts, "ztf", "ZTF21aaaaaaa", "123") for _ in range(2)]
        while not api.requests:
            time.sleep(0.01)
        time.sleep(0.1)  # the other has asked by now
        late.set()
        assert [answer.result() for answer in answers] == [IMAGES, IMAGES]
    assert len(api.requests) == 3
    assert stamps.cutouts("ztf", "ZTF21aaaaaaa", "123") == IMAGES
    assert len(api.requests) == 6
    stamps.close()
