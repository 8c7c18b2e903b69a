"""`python -m agents.commands` is the program `tagstream`, for where it is not installed."""

from agents.commands import main

main()
