import tagstream


def test_every_public_name_is_there() -> None:
    """What the package promises can be imported, and nothing is promised twice."""
    assert all(getattr(tagstream, name) is not None for name in tagstream.__all__)
    lazy = [name for names in tagstream._MODULES.values() for name in names]
    assert sorted([*lazy, "__version__"]) == sorted(tagstream.__all__)
