"""Brokers to test on: librdkafka's embedded one everywhere, a real Apache Kafka where Docker runs."""
