"""The model that PROTOCOL was checked with, as it was; `protocol.py` is not to be edited."""
