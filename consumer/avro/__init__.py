"""Avro for alert streams: containers, schemas, and plans that read only the fields that are wanted."""

from consumer.avro.container import MAGIC, Containers
from consumer.avro.frame import Frame, Schema
from consumer.avro.plan import View

__all__ = ["MAGIC", "Containers", "Frame", "Schema", "View"]
