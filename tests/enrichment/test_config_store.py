from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from app.enrichment.config_store import ConfigStore
from app.errors import ConfigStoreError, InvalidKeyError

KEY = "0123456789abcdef-9z8y"


@pytest.fixture
def store(tmp_path: Path) -> ConfigStore:
    return ConfigStore(tmp_path / "private" / "keys.json", environ={})


def test_a_new_store_has_no_key(store: ConfigStore) -> None:
    assert store.get_vt_api_key() is None


def test_a_key_is_kept_for_the_next_start(store: ConfigStore) -> None:
    store.set_vt_api_key(f"  {KEY}\n")
    assert ConfigStore(store.path, environ={}).get_vt_api_key() == KEY


def test_only_the_owner_can_read_the_file_and_its_folder(store: ConfigStore) -> None:
    old = os.umask(0)
    try:
        store.set_vt_api_key(KEY)
        store.set_vt_api_key(KEY + "2")
    finally:
        os.umask(old)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_a_folder_that_others_could_read_is_closed(store: ConfigStore) -> None:
    store.path.parent.mkdir(mode=0o755)
    store.set_vt_api_key(KEY)
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_the_environment_wins_over_the_file(store: ConfigStore) -> None:
    store.set_vt_api_key(KEY)
    both = ConfigStore(store.path, environ={"TELLTALE_VT_API_KEY": "from-outside"})
    assert both.get_vt_api_key() == "from-outside"
    assert both.is_from_environment("VT")
    assert both.get_stored("VT") == KEY


def test_by_default_the_process_environment_counts(
    store: ConfigStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELLTALE_VT_API_KEY", "from-outside")
    assert ConfigStore(store.path).get_vt_api_key() == "from-outside"


def test_a_deleted_key_is_gone_from_the_disk(store: ConfigStore) -> None:
    store.set_vt_api_key(KEY)
    store.delete("VT")
    assert store.get_vt_api_key() is None
    assert KEY not in store.path.read_text()


@pytest.mark.parametrize(
    "key", ["", "   ", "two words", "line\nbreak", "nul\0", "schlüssel", "\x7f", "k" * 4097]
)
def test_a_key_that_no_header_can_carry_is_refused_and_changes_nothing(
    store: ConfigStore, key: str
) -> None:
    store.set_vt_api_key(KEY)
    with pytest.raises(InvalidKeyError, match=r"[Nn]othing was changed"):
        store.set_vt_api_key(key)
    assert store.get_vt_api_key() == KEY


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_one_sentence_that_names_it(store: ConfigStore, content: bytes) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    with pytest.raises(ConfigStoreError, match=r"keys\.json is damaged"):
        store.get_vt_api_key()


def test_a_failed_write_keeps_the_old_key_and_leaves_no_litter(
    store: ConfigStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set_vt_api_key(KEY)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(ConfigStoreError, match="No space left"):
            store.set_vt_api_key("another-key-1234")
    assert store.get_vt_api_key() == KEY
    assert [path.name for path in store.path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    ("key", "hint"), [("0123456789abcdef", "cdef"), ("12345678", "5678"), ("short", None)]
)
def test_the_hint_of_a_key_is_four_characters_at_most(
    store: ConfigStore, key: str, hint: str | None
) -> None:
    store.set_vt_api_key(key)
    assert store.get_hint("VT") == hint


def test_a_new_key_replaces_a_damaged_file(store: ConfigStore) -> None:
    store.path.parent.mkdir()
    store.path.write_text("{")
    store.set_vt_api_key(KEY)
    assert store.get_vt_api_key() == KEY
    store.path.write_text("{")
    store.delete("VT")
    assert store.get_vt_api_key() is None


def test_a_folder_shared_with_others_is_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(ConfigStoreError, match="shared with others"):
        ConfigStore(shared / "keys.json", environ={}).set_vt_api_key(KEY)
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777


def test_a_key_that_was_edited_into_the_file_by_hand_is_checked(store: ConfigStore) -> None:
    store.set_vt_api_key(KEY)
    store.path.write_text('{"vt_api_key": "zwei Wörter"}', encoding="utf-8")
    with pytest.raises(ConfigStoreError, match="cannot be used"):
        store.get_vt_api_key()
