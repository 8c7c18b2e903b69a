"""Each step of PROTOCOL.md as what the code is without it, by the page's sections."""
