"""The whole path of an alert against a plain loop and against raw consume, in one run.

Each contender is a process of its own and reads the same messages from the same broker. The plain loop is what
one would write first: poll one message, decode it with fastavro's reader, apply the same cut, commit a row. Raw
consume only takes the messages. Time runs from the first message to the last.
"""

from __future__ import annotations

import io
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import fastavro
from confluent_kafka import Consumer

from benchmarks import corpus
from benchmarks.corpus import Corpus
from simulator import wire
from simulator.embedded import EmbeddedBroker

HERE = Path(__file__).parent
PARTITIONS = 4  # of each topic of the embedded broker
ROOM = 2_500_000  # bytes that one of its partitions surely keeps, packets being of unequal size
ROUNDS = 3
WANTED = {"ztf_packet": (10.0, 0.35), "ztf_stamp": (2.0, None), "ztf_lc": (1.5, None)}


class Job(NamedTuple):
    """What a contender is told."""

    stream: str
    bootstrap: str
    topics: list[str]
    count: int
    filter_settings: dict[str, dict[str, Any]]
    limit: float
    client_options: dict[str, Any]


# -- the contenders: each gives (messages per second, how many passed) -------------------------------------


def raw(job: Job) -> tuple[float, int]:
    consumer, seen, start = _consumer(job), 0, 0.0
    while seen < job.count:
        messages = consumer.consume(500, 1.0)
        if messages and not start:
            start = time.perf_counter()
        seen += sum(message.error() is None for message in messages)
    return job.count / (time.perf_counter() - start), 0


def plain(job: Job) -> tuple[float, int]:
    decode, passes = _plain_decoding(job)
    database = sqlite3.connect(Path(tempfile.mkdtemp()) / "plain.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE matches (object_id TEXT, payload TEXT)")
    consumer, seen, passed, start = _consumer(job), 0, 0, 0.0
    while seen < job.count:
        message = consumer.poll(1.0)
        if message is None or message.error():
            continue
        start = start or time.perf_counter()
        seen += 1
        record = decode(message.value())
        if passes(record):
            passed += 1
            database.execute("INSERT INTO matches VALUES (?, ?)", (str(record.get("objectId")), ""))
            database.commit()
    return job.count / (time.perf_counter() - start), passed


def alertwatch(job: Job, told: dict[str, Any] | None = None) -> tuple[float, int]:
    import consumer.service  # noqa: F401 - what a service has loaded when it starts
    from alertwatch import registry
    from alertwatch.filter import FOLLOWED
    from alertwatch.settings import Settings
    from alertwatch.store import Store
    from consumer.judging import Judges
    from consumer.kafka.source import Batch, KafkaSource
    from consumer.loop import Limits, SourceLoop
    from consumer.notify.following import Following
    from consumer.notify.notifier import Notifier
    from consumer.pipeline import Pipeline

    class Timed(KafkaSource):
        start = end = 0.0

        def poll(self, timeout: float, at_most: int | None = None):
            batch = super().poll(timeout, at_most)
            if batch.messages and not self.start:
                self.start = time.perf_counter()
            return batch

        def commit(self, batch: Batch) -> None:  # called when a batch has been stored
            self.end = time.perf_counter()
            super().commit(batch)

    settings, stop = Settings.model_validate(settings_for(job) | (told or {})), Event()
    source_settings = settings.sources["bench"]
    with Store.open(settings.database) as store:
        notifier = Notifier(settings, store, stop)
        notifier.start()
        judges = Judges(registry.build(settings) | {FOLLOWED: Following(notifier.notices)}, 10)
        source = Timed("bench", source_settings, lambda keys: {}, lambda gap: None)
        pipeline = Pipeline("bench", source.reader_name, judges, 0.5, notifier.notices)
        loop = SourceLoop("bench", source, pipeline, store, stop, Limits(most_alerts=job.count))
        loop.run()
        notifier.finish()
        notifier.stop()
    return job.count / (source.end - source.start), loop.tally.matches + loop.tally.candidates


def subscribed(job: Job) -> tuple[float, int]:
    """The same with a subscription that tells of every match."""
    channel = {"use": "file", "path": f"{tempfile.mkdtemp()}/told.jsonl"}
    subscription = {"filters": list(job.filter_settings), "channels": ["told"]}
    return alertwatch(job, {"channels": {"told": channel}, "subscriptions": {"all": subscription}})


CONTENDERS: dict[str, Callable[[Job], tuple[float, int]]] = {
    "raw": raw,
    "plain": plain,
    "alertwatch": alertwatch,
    "subscribed": subscribed,
}


def _consumer(job: Job) -> Consumer:
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **job.client_options,
        }
    )
    consumer.subscribe(job.topics)
    return consumer


def settings_for(job: Job) -> dict[str, Any]:
    """Settings for the service, with a new database and consumer group."""
    folder = tempfile.mkdtemp()
    return {
        "database": {"url": f"sqlite:///{folder}/bench.db"},
        "sources": {
            "bench": {
                "brokers": job.bootstrap,
                "group_id": uuid.uuid4().hex,
                "topics": {"^bench_": job.stream},
                "kafka": job.client_options,
            }
        },
        "filters": job.filter_settings,
        "plugins": {"folders": [str(HERE / "filters")]},
    }


def _plain_decoding(job: Job) -> tuple[Callable[[bytes], dict[str, Any]], Callable[[dict[str, Any]], bool]]:
    def container(payload: bytes) -> dict[str, Any]:
        return next(fastavro.reader(io.BytesIO(payload)))

    def bare(payload: bytes) -> dict[str, Any]:
        return fastavro.schemaless_reader(io.BytesIO(payload), wire.PARSED["lc"])

    def surely_real(record: dict[str, Any]) -> bool:
        return (record["candidate"]["drb"] or 0.0) >= job.limit

    def supernova(record: dict[str, Any]) -> bool:
        found = record["probabilities"]
        return max(found, key=found.get) == "SN" and found["SN"] >= job.limit

    def nucleus(record: dict[str, Any]) -> bool:
        found = record["lc_classification"]["probabilities"]
        return found["AGN"] + found["QSO"] + found["Blazar"] >= job.limit

    return {
        "ztf_packet": (container, surely_real),
        "ztf_stamp": (container, supernova),
        "ztf_lc": (bare, nucleus),
    }[job.stream]


# -- the run ---------------------------------------------------------------------------------------------------


def publish(broker: EmbeddedBroker, found: Corpus) -> Job:
    """Spread the messages over so many topics that the embedded broker keeps them all."""
    size = sum(map(len, found.messages))
    topics = [f"bench_{i:03d}" for i in range(size // (PARTITIONS * ROOM) + 1)]
    for i, payload in enumerate(found.messages):
        partition, topic = i % PARTITIONS, topics[i // PARTITIONS % len(topics)]
        while True:
            try:
                broker.producer.produce(topic, payload, partition=partition)
                break
            except BufferError:
                broker.producer.poll(0.1)
    broker.producer.flush()
    options = dict(broker.client_options)
    return Job(
        found.stream, broker.bootstrap, topics, len(found.messages), found.filter_settings, found.limit, options
    )


def contend(name: str, job: Job) -> dict[str, float]:
    """Run one contender in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.path", name],
        input=json.dumps(job._asdict()),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-3000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(found: Corpus) -> None:
    """Print one stream's figures: the median of the rounds, and ratios taken within each round."""
    with EmbeddedBroker() as broker:
        job = publish(broker, found)
        rounds = [{name: contend(name, job) for name in CONTENDERS} for _ in range(ROUNDS)]
    kilobytes = sum(map(len, found.messages)) / len(found.messages) / 1000
    print(f"\n{found.stream}: {len(found.messages):,} messages of {kilobytes:.1f} kB, {ROUNDS} rounds")
    for name in CONTENDERS:
        rate = statistics.median(r[name]["rate"] for r in rounds)
        passed = {int(r[name]["passed"]) for r in rounds}
        memory = max(r[name]["peak_mb"] for r in rounds)
        print(f"  {name:<11} {rate:>9,.0f} messages/s   passed {passed}   peak memory {memory:.0f} MB")
    _ratio("plain loop", rounds, "plain", WANTED[found.stream][0])
    _ratio("raw consume", rounds, "raw", WANTED[found.stream][1])


def _ratio(title: str, rounds: list[dict[str, dict[str, float]]], other: str, wanted: float | None) -> None:
    ratios = sorted(r["alertwatch"]["rate"] / r[other]["rate"] for r in rounds)
    goal = f", wanted {wanted}" if wanted else ""
    print(f"  against {title}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}{goal})")


def peak_megabytes() -> float:
    """Most memory that this process ever held (``ru_maxrss`` would be its parent's at first)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """All three streams."""
    measure(corpus.ztf_packets(10_000))
    measure(corpus.ztf_stamps(100_000))
    measure(corpus.ztf_lcs(30_000))


def _child(name: str) -> None:
    rate, passed = CONTENDERS[name](Job(**json.load(sys.stdin)))
    print(json.dumps({"rate": rate, "passed": passed, "peak_mb": peak_megabytes()}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _child(sys.argv[1])
    else:
        main()
