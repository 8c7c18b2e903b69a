"""Dead letters: rejected events, found, shown and sent again."""
