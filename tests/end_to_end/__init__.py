"""A whole tagstream on real servers: workers as processes, as a user runs them.

One story a file, from `deployment.py`. What one part can show alone is tested beside that part;
many faults at once, by chance, are `tests/chaos`.
"""
