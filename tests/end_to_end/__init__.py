"""Whole deployments: real Kafka, real Redis, workers in processes of their own, and an audit.

For what no smaller test can show: what holds between processes, over kills and away servers.
"""
