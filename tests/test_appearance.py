"""How sizes are said on a page."""

from __future__ import annotations

import pytest

from app.appearance import file_size


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "1 KB"),
        (302, "1 KB"),
        (299_600, "300 KB"),
        (999_999, "1000 KB"),
        (1_000_000, "1.0 MB"),
        (12_345_678, "12.3 MB"),
    ],
)
def test_a_file_is_as_large_as_people_say(size: int, words: str) -> None:
    assert file_size(size) == words
