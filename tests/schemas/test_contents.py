import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contents import content_hash, plain_content

SAME = (
    ("Loan today", "LOAN,   today!!!"),
    ("Loan today", "Ｌｏａｎ　ｔｏｄａｙ"),  # noqa: RUF001 - wide on purpose
    ("利率低至3%，详询我", "利率低至３％！！详询我"),  # noqa: RUF001 - wide on purpose
    ("利率低至 https://a.cn/x 详询我", "利率低至http://b.cn/y?z=1 详询我"),
    ("call me now https://a.cn", "Call me now: www.a.cn/2"),
    ("Straße heute", "STRASSE heute"),
)
OTHER = (
    ("loan today", "loan tomorrow"),
    ("利率3%", "利率4%"),
    ("看 https://a.cn/1", "看 https://a.cn/2"),
    ("👍", "👎"),
)
texts = st.text(max_size=60) | st.text("aA1 .,!-_Ａ　。贷ß👍", max_size=30)  # noqa: RUF001 - wide on purpose


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_dress_of_a_text_is_not_its_content(one: str, other: str) -> None:
    """Width, case, spaces, signs and links."""
    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_words_are_another_content(one: str, other: str) -> None:
    """A link is one where nothing is said beside it, a sign where there is nothing else."""
    assert content_hash(one) != content_hash(other)


@pytest.mark.parametrize("text", ["", "  \n\t", "　"])
def test_blanks_are_no_content(text: str) -> None:
    """They have nothing in common but that nothing is said."""
    assert content_hash(text) is None


@given(texts)
def test_a_plain_text_is_its_own(text: str) -> None:
    """Taken off once, the dress is off."""
    once = plain_content(text)
    assert plain_content(once) == once


@given(texts.filter(lambda text: any(c.isalnum() for c in plain_content(text))))
def test_signs_around_and_between_change_nothing(text: str) -> None:
    """As long as there are letters, of which no mark changes one."""
    dressed = f" *{plain_content(text)}!!"
    assert content_hash(dressed) == content_hash(text)


def test_a_hash_has_64_bits_and_is_the_same_tomorrow() -> None:
    """It stands in rows and topics: whoever changes it changes what is remembered."""
    assert content_hash("Loan, today!") == content_hash("loantoday") == 0x6ACC58FF58365A45
    assert all(0 <= (content_hash(str(n)) or 0) < 1 << 64 for n in range(100))
