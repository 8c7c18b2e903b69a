"""The documents, kept true: what they name exists, what they tell to type is run.

Only for pages; what a page says about one module may as well be checked beside that module.
"""
