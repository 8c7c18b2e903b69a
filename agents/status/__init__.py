"""How things stand: what Kafka and Redis tell about topics, lag, clocks, runs and workers."""
