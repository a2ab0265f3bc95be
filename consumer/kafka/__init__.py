"""Alerts from Kafka: `source.KafkaSource` reads, the other modules each know one thing that it needs."""
