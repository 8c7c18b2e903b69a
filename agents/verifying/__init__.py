"""Redis compared with the state in the changelog: tags, their explanations, community counts.

`partition.py` tells the story of one partition; `users.py` compares users, `communities.py`
the counts; `verdict.py` is what was found. It changes nothing: mending is `agents/rebuilding.py`.
"""
