"""What is followed: by the page, by the browser, and what holds when both speak."""

from ipo.ui.components.tensors.component import Followed


def said(followed: Followed, number: int, **places: int) -> dict[str, object]:
    return {"origin": followed.origin, "number": number, "places": places}


def test_following_keeps_other_axes_and_letting_go_forgets_one() -> None:
    followed = Followed().follow("image", 17).follow("feature", 3).follow("image", 18)
    assert (followed.image, followed.feature, followed.number) == (18, 3, 3)
    let_go = followed.follow("image", None)
    assert (let_go.image, let_go.feature) == (None, 3)
    assert let_go.origin == followed.origin


def test_the_browser_is_believed_when_it_is_ahead() -> None:
    followed = Followed().follow("image", 17)
    update = followed.updated(said(followed, 2, feature=4))
    assert (update.image, update.feature, update.number) == (None, 4, 2)


def test_an_older_word_of_the_browser_changes_nothing() -> None:
    followed = Followed().follow("image", 17).follow("image", 18)
    assert followed.updated(said(followed, 1, image=2)) is followed


def test_a_word_to_another_tab_or_a_malformed_one_changes_nothing() -> None:
    followed = Followed()
    assert followed.updated(said(Followed(), 9, image=2)) is followed
    for word in (
        None,
        7,
        {},
        {"origin": followed.origin},
        said(followed, 1, image=-1),
        said(followed, 1) | {"number": "1"},
    ):
        assert followed.updated(word) is followed
