"""What runs: the Faust app, transport, sinks, readers, settings, commands and pages.

Whatever touches a server, a clock, a file or the environment belongs here, and nothing that
decides a tag: that is `streams`. The files of this folder itself are a worker's own, from settings
to checkpoint; what a folder has a name for (Redis, transport, recovery, a command) goes there.
"""
