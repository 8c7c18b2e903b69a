from agents.said import Said


def test_the_same_is_news_once_until_it_is_over() -> None:
    said = Said()
    assert [said.is_new(3, "away"), said.is_new(3, "away")] == [True, False]
    assert said.is_new(4, "away")
    assert said.is_new(3, "gone")
    said.forget(3)
    assert said.is_new(3, "gone")
