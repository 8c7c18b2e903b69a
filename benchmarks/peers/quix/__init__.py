"""The tag job in Quix Streams: runs in an environment of its own, for it pins other libraries."""
