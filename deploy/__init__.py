"""Files to run tagstream by, and what makes and checks those of them that are made."""
