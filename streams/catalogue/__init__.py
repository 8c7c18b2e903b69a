"""The catalogue: measures, tags and detectors, from YAML text to checked values.

Read in this order: `model` (what comes out), `load` (the way there), `measures`, `tags` and
`detectors` (one section each), `expressions` (conditions), `order` (which tag needs which). What
the YAML of an aggregate or of a kind of detector may say is in that one's own file, in the terms
of `forms` and `parameters`. A mistake of an author is found and worded here; how a rule is computed
is `streams/compiler`.
"""
