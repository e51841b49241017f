"""The keys that are listed for each page."""

from pathlib import Path

from ipo.ui.key_lists import KEY_LISTS


def test_every_list_is_of_a_page_and_says_each_of_its_keys_once() -> None:
    for page, groups in KEY_LISTS.items():
        assert Path(page).is_file()
        for group in groups:
            keys = [key for keys, _ in group.lines for key in keys.split(" · ")]
            assert keys and len(set(keys)) == len(keys), group.title
