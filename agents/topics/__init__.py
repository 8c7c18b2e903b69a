"""Kafka topics: what ours have to look like, what is there, and creating what is missing.

`plan` is the list, `compare` the judgement, `manage` the conversation with Kafka. Their names are
`agents/names.py`, what is in their records is `schemas`.
"""
