"""What stands beside us: the same job in other hands, each in a process of its own.

`programs.py` lists them, `processes.py` runs and checks one, `fetching.py` installs those that
are not Python libraries of ours.
"""
