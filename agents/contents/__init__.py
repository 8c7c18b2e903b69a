"""The second agent: who said the same, keyed by content. Started only if a detector asks.

It reads `<app_id>-contents`, keeps `<app_id>-contents-changelog`, writes `<app_id>-derived`, and
never touches Redis or a user (docs/decisions/0013). What counts as the same is decided in
`streams/contents.py`, not here.
"""
