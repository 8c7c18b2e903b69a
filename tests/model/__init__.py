"""The model that the protocol was checked with; `protocol.py` is kept byte for byte."""
