"""What runs: the Faust app, transport, sinks, readers, settings, commands and pages."""
