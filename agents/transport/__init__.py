"""The seam to Faust and the Kafka client: blocks in, changelog and commits out.

Here and in `agents.app` alone Faust is imported; what a block means is decided elsewhere.
"""
