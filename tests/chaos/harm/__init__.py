"""The faults, by what they hit; what is no fault that can be dealt does not belong here."""
