"""What tags and detectors are called, in both languages."""

from collections.abc import Mapping

from streams.catalogue.fields import Fields

LANGUAGES = ("zh", "en")


def read_title(fields: Fields, name: str) -> Mapping[str, str]:
    """`title`: readers always find both languages, the other one or the name where one lacks."""
    titles = Fields('"title"', fields.place_of("title"), fields.get("title"), fields.faults)
    titles.only(LANGUAGES)
    given = {language: titles.text(language) for language in LANGUAGES}
    fallback = next((text for text in reversed(given.values()) if text), name)
    return {language: text or fallback for language, text in given.items()}
