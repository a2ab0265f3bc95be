"""From the moment a message is sent to the moment its batch is stored, at 250 messages/s, without look-ups.

Real ZTF packets, 1 % of which match. The producer, the broker and the service share this machine.
"""

from __future__ import annotations

import statistics
import threading
import time

from benchmarks import corpus
from benchmarks.corpus import Corpus
from benchmarks.path import Job, settings_for
from consumer.kafka.source import Batch, KafkaSource
from simulator.embedded import EmbeddedBroker

RATE = 250  # messages per second
SECONDS = 12
WARM_UP = 2.0  # seconds whose messages are not counted
WANTED_MS = 50.0


class Timed(KafkaSource):
    """A source that notes how old each message is when its batch has been stored."""

    ages_ms: list[float]

    def commit(self, batch: Batch) -> None:
        """Called right after the database transaction."""
        now = time.time() * 1000
        self.ages_ms += [now - message.timestamp_ms for message in batch.messages]
        super().commit(batch)


def main() -> None:
    """Print median and 99th percentile."""
    found = corpus.ztf_packets(RATE * SECONDS)
    with EmbeddedBroker() as broker:
        ages = _measure(found, broker)[round(RATE * WARM_UP) :]
    median, late = statistics.median(ages), statistics.quantiles(ages, n=100)[98]
    print(f"\nlatency at {RATE} messages/s, {len(ages):,} packets: message to stored")
    print(f"  median {median:.1f} ms (wanted {WANTED_MS:.0f}), 99th percentile {late:.1f} ms")


def _measure(found: Corpus, broker: EmbeddedBroker) -> list[float]:
    from alertwatch import registry
    from alertwatch.settings import Settings
    from alertwatch.store import Store
    from consumer.judging import Judges
    from consumer.loop import Limits, SourceLoop
    from consumer.pipeline import Pipeline

    job = Job(
        found.stream, broker.bootstrap, [], 0, found.filter_settings, found.limit, dict(broker.client_options)
    )
    settings = Settings.model_validate(settings_for(job))
    broker.producer.produce("bench_000", found.messages[0], partition=0)
    broker.producer.flush()
    stop = threading.Event()
    source = Timed("bench", settings.sources["bench"], lambda keys: {}, lambda gap: None)
    source.ages_ms = []
    with Store.open(settings.database) as store:
        pipeline = Pipeline("bench", source.reader_name, Judges(registry.build(settings), 10), 0.5)
        loop = SourceLoop("bench", source, pipeline, store, stop, Limits())
        thread = threading.Thread(target=loop.run)
        thread.start()
        while not source.ages_ms:
            time.sleep(0.1)
        source.ages_ms.clear()
        _publish(found, broker)
        time.sleep(1.0)
        stop.set()
        thread.join()
    return source.ages_ms


def _publish(found: Corpus, broker: EmbeddedBroker) -> None:
    start = time.monotonic()
    for i, payload in enumerate(found.messages):
        time.sleep(max(0.0, start + i / RATE - time.monotonic()))
        broker.producer.produce("bench_000", payload, partition=i % 4)
        broker.producer.poll(0)
    broker.producer.flush()


if __name__ == "__main__":
    main()
