"""What flows: events in, tag changes and alerts out, and how each becomes bytes and back.

Each kind of value is a type with its reader and writer, and the reasons why bytes are refused. What
follows from an event is `streams`; where bytes come from and go to is `agents`. `json/` and
`asyncapi.json` are made from the types (`make schemas`); `catalogue/` has the packaged catalogues.
"""
