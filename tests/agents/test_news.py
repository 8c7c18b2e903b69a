from agents.news import News


def test_the_same_is_news_once_until_it_is_over() -> None:
    news = News()
    assert [news.is_new(3, "away"), news.is_new(3, "away")] == [True, False]
    assert news.is_new(4, "away")
    assert news.is_new(3, "gone")
    news.forget(3)
    assert news.is_new(3, "gone")
