"""The vault: what is sealed opens only in its place and with its key, and rotation loses nothing."""

from __future__ import annotations

import base64
import secrets
import uuid

import pytest
from flask import Flask
from sqlalchemy import ForeignKey, MetaData, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, scoped_session

from app import vault
from app.config import ConfigError, from_environment
from app.extensions import Base, db
from app.vault import VaultError, sealed_json, sealed_text

NAMES = ["张三", "𠮷田", "㛃", "买买提·吐尔逊", "买买提•吐尔逊", "O'Neill", "葛\U000e0100城", ""]


class Trial(Base):
    """Models of this test alone: in a metadata of their own, so that no migration sees them."""

    __abstract__ = True
    metadata = MetaData()


class Folder(Trial):
    """Has a data key of its own."""

    __tablename__ = "trial_folders"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    data_key: Mapped[bytes]
    name_sealed: Mapped[bytes | None]
    answers_sealed: Mapped[bytes | None]
    items_sealed: Mapped[bytes | None]
    name = sealed_text("name_sealed")
    answers = sealed_json("answers_sealed")
    items = sealed_json("items_sealed", list)
    sheets: Mapped[list[Sheet]] = relationship(back_populates="folder")


class Sheet(Trial):
    """Sealed with the data key of its folder."""

    __tablename__ = "trial_sheets"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    folder_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(Folder.id))
    note_sealed: Mapped[bytes | None]
    note = sealed_text("note_sealed")
    folder: Mapped[Folder] = relationship(back_populates="sheets")

    @property
    def vault_owner(self) -> Folder:
        return self.folder


class Person(Trial):
    """Sealed with the installation's key."""

    __tablename__ = "trial_people"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    phone_sealed: Mapped[bytes | None]
    spare_sealed: Mapped[bytes | None]
    phone = sealed_text("phone_sealed")
    spare = sealed_text("spare_sealed")


Store = scoped_session[Session]


@pytest.fixture
def store(session: Store) -> Store:
    Trial.metadata.create_all(db.engine)
    return session


def use_keys(app: Flask, monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    monkeypatch.setitem(app.extensions, "vault", vault.Keyring.from_config(app.config | settings))


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def test_every_value_comes_back_byte_for_byte_and_none_stands_in_the_database(store: Store) -> None:
    rows = [Folder(name=name, answers={"name": name}, items=[name]) for name in NAMES]
    store.add_all(rows)
    store.commit()
    store.expunge_all()
    for row in rows:
        kept = store.get_one(Folder, row.id)
        assert kept.name == NAMES[rows.index(row)]
        assert kept.answers == {"name": kept.name}
        assert kept.items == [kept.name]
        for sealed in (kept.name_sealed, kept.answers_sealed, kept.items_sealed, kept.data_key):
            assert not kept.name or kept.name.encode() not in (sealed or b"")


def test_nothing_stored_reads_none_and_can_be_taken_back(store: Store) -> None:
    row = Folder()
    assert row.name is None
    row.name = "张三"
    row.name = None
    assert row.name_sealed is None


def test_the_same_text_is_never_sealed_alike(store: Store) -> None:
    row = Person(phone="13800000000", spare="13800000000")
    assert row.phone_sealed[17:] != row.spare_sealed[17:]


@pytest.mark.parametrize("position", [0, 1, 5, 17, -1])
def test_a_changed_byte_is_noticed(store: Store, position: int) -> None:
    row = Folder(name="张三")
    changed = bytearray(row.name_sealed)
    changed[position] ^= 1
    row.name_sealed = bytes(changed)
    with pytest.raises(VaultError, match=r"trial_folders\.name_sealed"):
        _ = row.name


@pytest.mark.parametrize("content", [b"", b"\x21", b"\x11" * 20])
def test_a_cut_value_is_noticed(store: Store, content: bytes) -> None:
    row = Person(phone_sealed=content)
    with pytest.raises(VaultError):
        _ = row.phone


def test_a_value_moved_to_another_row_column_or_table_does_not_open(store: Store) -> None:
    one, other = Person(phone="13800000000"), Person()
    other.phone_sealed = one.phone_sealed
    one.spare_sealed = one.phone_sealed
    for read in (lambda: other.phone, lambda: one.spare):
        with pytest.raises(VaultError, match="changed or moved"):
            read()
    first, second = Folder(name="甲"), Folder(name="乙")
    second.name_sealed = first.name_sealed
    with pytest.raises(VaultError, match="not held"):
        _ = second.name
    second.data_key = first.data_key
    with pytest.raises(VaultError, match="changed or moved"):
        _ = second.name


def test_an_error_never_says_the_content(store: Store) -> None:
    one, other = Person(phone="13800000000"), Person()
    other.phone_sealed = one.phone_sealed
    with pytest.raises(VaultError) as caught:
        _ = other.phone
    assert "138" not in str(caught.value).replace(str(other.id), "")


def test_a_child_is_sealed_with_its_owners_key_in_whatever_order_it_is_given(store: Store) -> None:
    folder = Folder(name="甲")
    sheet = Sheet(note="内容", folder=folder)
    store.add(sheet)
    store.commit()
    store.expunge_all()
    kept = store.get_one(Sheet, sheet.id)
    assert kept.note == "内容"
    vault.destroy(kept.folder)
    store.commit()
    assert kept.note is None


def test_a_child_without_its_owner_is_refused(store: Store) -> None:
    with pytest.raises(VaultError, match="vault_owner"):
        Sheet(note="内容")


def test_a_destroyed_key_leaves_nothing_readable_and_takes_nothing_new(store: Store) -> None:
    folder = Folder(name="张三", answers={"a": 1})
    file = vault.seal_bytes(b"scan", owner=folder, place="uploads.file.1")
    store.add(folder)
    store.commit()
    vault.destroy(folder)
    store.commit()
    store.expunge_all()
    kept = store.get_one(Folder, folder.id)
    assert (kept.name, kept.answers) == (None, None)
    assert vault.is_destroyed(kept)
    with pytest.raises(VaultError, match="destroyed"):
        kept.name = "李四"
    with pytest.raises(VaultError, match="destroyed"):
        vault.open_bytes(file, owner=kept, place="uploads.file.1")


def test_a_file_opens_for_its_owner_and_place_only(store: Store) -> None:
    folder, other = Folder(), Folder()
    sealed = vault.seal_bytes(b"scan", owner=folder, place="uploads.file.1")
    assert b"scan" not in sealed
    assert vault.open_bytes(sealed, owner=folder, place="uploads.file.1") == b"scan"
    for owner, place in ((other, "uploads.file.1"), (folder, "uploads.file.2")):
        with pytest.raises(VaultError):
            vault.open_bytes(sealed, owner=owner, place=place)


def test_a_sealed_column_must_be_one_that_rotation_finds() -> None:
    with pytest.raises(VaultError, match="_sealed"):
        sealed_text("name")


def test_json_of_the_wrong_kind_is_refused(store: Store) -> None:
    with pytest.raises(TypeError):
        Folder(answers=["not", "a", "dict"])


# --- Rotation ---------------------------------------------------------------------------------------


def fill(store: Store, count: int = 7) -> None:
    for number in range(count):
        folder = Folder(name=f"户{number}", answers={"n": number})
        store.add_all(
            [folder, Sheet(folder=folder, note=f"页{number}"), Person(phone=f"138{number}")]
        )
    store.add(Person())
    gone = Folder(name="忘记我")
    vault.destroy(gone)
    store.add(gone)
    store.commit()


def contents(store: Store) -> list[list[object]]:
    store.expunge_all()
    return [
        sorted((str(x.id), x.name, str(x.answers)) for x in store.scalars(select(Folder))),
        sorted((str(x.id), x.note) for x in store.scalars(select(Sheet))),
        sorted((str(x.id), x.phone) for x in store.scalars(select(Person))),
    ]


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_rotation_loses_nothing_and_frees_the_old_key(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch, cipher: str
) -> None:
    monkeypatch.setattr(vault, "ROTATION_BATCH", 3)
    fill(store)
    before = contents(store)
    fresh = new_key()
    use_keys(
        app,
        monkeypatch,
        MASTER_KEY=fresh,
        MASTER_KEYS_OLD=f"{new_key()}, {app.config['MASTER_KEY']}",
        VAULT_CIPHER=cipher,
    )
    assert contents(store) == before
    assert vault.rotate(Trial.metadata) == 7 + 7  # data keys and phones; sheets keep their key
    assert vault.rotate(Trial.metadata) == 0
    use_keys(app, monkeypatch, MASTER_KEY=fresh, MASTER_KEYS_OLD="", VAULT_CIPHER=cipher)
    assert contents(store) == before


def test_rotation_without_the_old_key_stops_and_changes_nothing(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    before = contents(store)
    with monkeypatch.context() as forgotten:
        use_keys(app, forgotten, MASTER_KEY=new_key())
        with pytest.raises(VaultError, match="not held"):
            vault.rotate(Trial.metadata)
        store.rollback()
    assert contents(store) == before


def test_rotation_leaves_a_value_alone_that_was_written_meanwhile(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(phone="旧")
    store.add(person)
    store.commit()
    use_keys(app, monkeypatch, MASTER_KEY=new_key(), MASTER_KEYS_OLD=app.config["MASTER_KEY"])
    reseal = vault._resealed

    def write_meanwhile(sealed: bytes, place: str) -> bytes | None:
        other = Person(id=person.id, phone="新")
        store.execute(
            text("UPDATE trial_people SET phone_sealed = :new"), {"new": other.phone_sealed}
        )
        return reseal(sealed, place)

    monkeypatch.setattr(vault, "_resealed", write_meanwhile)
    vault.rotate(Trial.metadata)
    store.expunge_all()
    assert store.get_one(Person, person.id).phone == "新"


def test_the_command_rotates_the_site_and_says_how_much(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["vault", "rotate"])
    assert result.exit_code == 0, result.output
    assert "0 values" in result.output


def test_a_hash_survives_rotation(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vault.keyed_hash("phone", "13800000000")
    use_keys(app, monkeypatch, MASTER_KEY=new_key())
    assert vault.keyed_hash("phone", "13800000000") == before


# --- Hashes, masks, settings ------------------------------------------------------------------------


def test_hashes_find_equals_and_differ_by_purpose_and_key(
    app: Flask, session: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = vault.keyed_hash("phone", "13800000000")
    assert one == vault.keyed_hash("phone", "13800000000")
    assert len(one) == 64
    assert int(one, 16)
    others = {vault.keyed_hash("id", "13800000000"), vault.keyed_hash("phone", "13800000001")}
    use_keys(app, monkeypatch, HASH_KEY=new_key())
    others.add(vault.keyed_hash("phone", "13800000000"))
    assert len(others | {one}) == 4


@pytest.mark.parametrize(
    ("mask", "plain", "shown"),
    [
        (vault.mask_name, "张三丰", "张某"),
        (vault.mask_name, "张三", "张某"),
        (vault.mask_name, "张", "某"),
        (vault.mask_name, "", ""),
        (vault.mask_name, "𠮷田", "𠮷某"),
        (vault.mask_name, "葛\U000e0100城", "葛\U000e0100某"),
        (vault.mask_name, "买买提·吐尔逊", "买某"),
        (vault.mask_id_number, "421181199001010026", "4211**********0026"),
        (vault.mask_id_number, "11010519491231002X", "1101**********002X"),
        (vault.mask_id_number, "E12345678", "E******78"),
        (vault.mask_id_number, "E1", "**"),
        (vault.mask_phone, "13800000000", "138****0000"),
        (vault.mask_phone, "62345678", "******78"),
        (vault.mask_phone, "", ""),
    ],
)
def test_masks_hide_all_but_the_ends(mask: object, plain: str, shown: str) -> None:
    assert mask(plain) == shown


@pytest.mark.parametrize(
    "settings",
    [
        {"MASTER_KEY": "not base64!"},
        {"MASTER_KEY": base64.b64encode(b"short").decode()},
        {"MASTER_KEYS_OLD": "x"},
        {"HASH_KEY": ""},
        {"VAULT_CIPHER": "des"},
    ],
)
def test_a_wrong_key_setting_stops_the_start_and_is_named(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        vault.Keyring.from_config(from_environment({}) | settings)
    assert next(iter(settings)) in str(caught.value)
    assert "not base64!" not in str(caught.value)


def test_a_live_site_refuses_the_development_keys() -> None:
    live = {
        "LIVE": "1",
        "OPERATOR_NAME": "麻城市卫生健康局",
        "SECRET_KEY": secrets.token_hex(32),
        "MASTER_KEY": new_key(),
        "HASH_KEY": new_key(),
        "SMS_URL": "https://sms.invalid/",
        "PUBLIC_URL": "https://jiujin.invalid",
    }
    assert from_environment(live)["LIVE"]
    for name in live.keys() - {"LIVE"}:
        with pytest.raises(ConfigError, match=name):
            from_environment({key: value for key, value in live.items() if key != name})


def test_both_ciphers_open_each_others_values(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_aes = Folder(name="甲")
    use_keys(app, monkeypatch, VAULT_CIPHER="sm4")
    by_sm4 = Folder(name="乙")
    assert (by_aes.name, by_sm4.name) == ("甲", "乙")
    assert (by_aes.name_sealed[0], by_sm4.name_sealed[0]) == (0x21, 0x22)
    use_keys(app, monkeypatch, VAULT_CIPHER="aes")
    assert (by_aes.name, by_sm4.name) == ("甲", "乙")
