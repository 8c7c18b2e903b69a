"""No job at all: the ceiling of what Python can fetch and decode. Nothing of ours is imported."""
