"""Synthetic traffic of a lending community in China, the same for the same plan.

`plan` says what is wanted, `traffic` tells the story, `anomalies` what is planted in it.
Everything here is pure but `live`, which sends the traffic to Kafka at its pace. What is measured
with it is elsewhere (`benchmarks`).
"""
