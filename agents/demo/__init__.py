"""What `tagstream demo` brings along: an embedded broker and Redis, and the show itself."""
