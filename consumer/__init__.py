"""Where alerts come from and how they flow: Kafka, decoding, look-ups, the pipeline, the service."""
