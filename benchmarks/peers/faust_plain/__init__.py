"""The tag job in idiomatic Faust."""
