"""The kinds of values: addresses, and URLs with their passwords hidden."""

import pytest

from agents.settings_values import mask_url, split_address


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("redis://host:1/0", "redis://host:1/0"),
        ("redis://:pw@host", "redis://:***@host"),
        ("redis://me:pw@host", "redis://me:***@host"),
        ("redis://me:p@w@host", "redis://me:***@host"),
        ("redis://me:p/w@host", "redis://me:***@host"),
        ("me:pw@host", "me:***@host"),
        ("unix:///run/s?db=1&password=pw", "unix:///run/s?db=1&password=***"),
        ("redis://host?password=pw&db=1", "redis://host?password=***&db=1"),
    ],
)
def test_no_password_is_left_in_a_url(url: str, masked: str) -> None:
    """Wherever it stands, in a wrong URL too."""
    assert mask_url(url) == masked


def test_an_ipv6_host_comes_out_of_its_brackets() -> None:
    """As sockets want it."""
    assert split_address("[::1]:80") == ("::1", 80)
