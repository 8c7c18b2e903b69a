"""Files to run tagstream by, and what makes and checks those of them that are made.

Nothing here is imported by tagstream; the Python is for whoever edits these files.
"""
