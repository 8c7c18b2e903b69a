"""The quick and the careful way of reading agree on anything."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.events import EVENTS
from tests.schemas.reading import both_ways
from tests.schemas.samples import ERASE, OVERDUE, TOPIC_AND_EVENT, encoded

NUMBERS = [
    *(b"0", b"-0", b"1", b"1.0", b"1.50", b"1e3", b"1E-2", b"0.001", b"1e400", b"1e12"),
    *(b"1000000000001", b"99.999", b"-5", b"120.0", b"1767225600000.0", b"9" * 30, b"01", b"1."),
]
WORDS = [
    *(b"null", b"true", b"false", b'""', b'"x"', b'"1.50"', b'"1e3"', b"[]", b"{}", b"[[1.5]]"),
    *(
        b'"CNY"',
        b'"USD"',
        b'"borrow"',
        b'"visit"',
        b'"erase"',
        b'"\\u0000"',
        b'"\\ud800"',
        b'"\\n"',
    ),
    *(b'"2026-01-01T00:00:00Z"', b'"2026-01-01t00:00:00.5678+00:00"', b'"2026-01-01T00:00:60Z"'),
    *(b'"\xc2\x85"', b'"\xe4\xb8\xad"', b'"\xff"', b'{"a": 1.5, "b": 1e400}', b"NaN", b"["),
]
NAMES = sorted({name for event in EVENTS.values() for name in event.__struct_fields__} | {"other"})


@st.composite
def mutated_events(draw: st.DrawFn) -> tuple[str, bytes]:
    """Generate a topic and the bytes of an event with some fields replaced or bytes changed."""
    topic, sample = draw(st.sampled_from(TOPIC_AND_EVENT))
    event = {name: encoded(value) for name, value in sample.items()}
    literal = st.sampled_from(NUMBERS + WORDS)
    event |= draw(st.dictionaries(st.sampled_from(NAMES), literal, max_size=3))
    for name in draw(st.lists(st.sampled_from(sorted(event)), max_size=1)):
        del event[name]
    value = b"{" + b", ".join(b'"%s": %s' % (k.encode(), v) for k, v in event.items()) + b"}"
    for at, byte in draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=1)):
        value = value[:at] + bytes([byte]) + value[at + 1 :]
    if draw(st.integers(0, 9)) == 0:
        topic = draw(st.sampled_from(sorted(EVENTS)))
    return topic, value


@settings(max_examples=1500, deadline=None)
@given(mutated_events())
@example(("profiles", encoded(ERASE | {"attributes": {"n": 2**64}})))
@example(("transactions", encoded(OVERDUE | {"amount": "0012.5"})))
def test_the_quick_and_the_careful_way_agree_on_mutated_events(case: tuple[str, bytes]) -> None:
    """Same event or same reason and message, whatever was done to the bytes."""
    quick, careful = both_ways(*case)
    assert quick == careful


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=60))
def test_no_bytes_bring_the_decoder_down(topic: str, value: bytes) -> None:
    """Arbitrary bytes are refused, and alike."""
    quick, careful = both_ways(topic, value)
    assert quick == careful
