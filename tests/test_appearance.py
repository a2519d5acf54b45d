"""How sizes and masked numbers are said on a page."""

from __future__ import annotations

import pytest

from app.appearance import aloud, file_size
from app.vault import mask_id_number, mask_phone


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


@pytest.mark.parametrize(
    ("masked", "ending"),
    [
        (mask_phone("13800000000"), "0000"),
        (mask_id_number("11010519491231002X"), "002X"),
        (mask_id_number("E12345678"), "78"),
        (mask_id_number("H12345678(1)"), "1)"),
    ],
)
def test_a_masked_number_is_seen_with_its_stars_and_heard_by_its_ending(
    masked: str, ending: str
) -> None:
    assert aloud(f"<发到 {masked}。") == (
        f'&lt;发到 <span aria-hidden="true">{masked}</span><span class="out">尾号 {ending}</span>。'
    )


def test_what_has_no_masked_number_is_left_as_it_is() -> None:
    assert aloud("张某，421181199001010026") == "张某，421181199001010026"
    assert aloud("{{7*7}}") == "{{7*7}}"
