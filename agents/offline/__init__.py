"""The engine without any server: files of events in, files of tags and changes out."""
