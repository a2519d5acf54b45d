"""What lies in the store is complete, under keys of ours alone."""

from __future__ import annotations

import os

import pytest

from app.files.stores import LocalStore, StoreAwayError, new_key


def test_the_store_keeps_gives_and_forgets(tmp_path):
    store = LocalStore(tmp_path)
    key = new_key()
    store.put(key, b"one")
    store.put(key, b"two")
    assert store.get(key) == b"two"
    assert [name for name, _ in store.listing()] == [key]
    store.delete(key)
    store.delete(key)
    with pytest.raises(FileNotFoundError):
        store.get(key)


@pytest.mark.parametrize("key", ["../evil", "a/b", "", ".", "..", "a\0b"])
def test_only_our_own_keys_are_file_names(tmp_path, key):
    with pytest.raises(ValueError, match="storage key"):
        LocalStore(tmp_path).put(key, b"")


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAwayError):
        LocalStore(tmp_path).put(new_key(), b"content")
    assert not list(LocalStore(tmp_path).listing())
