"""What a person says for a moment: RFC 3339 text, or epoch milliseconds."""

from agents.errors import WrongUse


def instant(option: str, text: str) -> int:
    """Epoch milliseconds; WrongUse, naming the option, if it is neither."""
    from schemas.times import check_range, parse_time

    try:
        return check_range(int(text)) if text.isdecimal() else parse_time(text)
    except ValueError as fault:
        raise WrongUse(f"{option} {text}: {fault}; for example 2026-12-31T18:00:00+08:00") from None
