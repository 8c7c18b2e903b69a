"""Each step of docs/reliability.md as what the code is without it, by the page's sections."""
