"""The engine without any server: files of events in, files of tags and changes out.

What a worker does to events this does too, byte for byte, by the same engine; nothing here speaks
to Kafka or Redis.
"""
