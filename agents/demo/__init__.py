"""What `tagstream demo` brings along: an embedded broker and Redis, and the show itself.

Nothing here is run by a worker in earnest. The servers of the tests borrow its processes and ports.
"""
