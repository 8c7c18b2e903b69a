"""The pages are right: what they name is there, what they say to type works.

`mentions.py` reads all pages, `blocks.py` and `terminal.py` follow one, `scene.py` is what the
runbooks are tried on. What a page is made of by the program is tested beside its maker.
"""
