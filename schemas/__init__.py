"""What flows: events in, tag changes and alerts out, and how each becomes bytes and back."""
