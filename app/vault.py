"""Personal data is stored encrypted, and only this module has the keys.

A sealed value is: one header byte (whose key, which cipher), the key's id (4 bytes), a nonce
(12 bytes), the ciphertext with its tag. The place it belongs to, `table.column.id`, is associated
data, so a value copied into another row or column does not open.

    class Case(Base):
        id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
        data_key: Mapped[bytes]                      # wrapped by the master key; made by itself
        name_sealed: Mapped[bytes | None]
        answers_sealed: Mapped[bytes | None]
        name = sealed_text("name_sealed")            # case.name: str | None
        answers = sealed_json("answers_sealed")      # case.answers: dict[str, Any] | None

A row with `data_key` seals with its own key; a row with a property `vault_owner` with the key of
the row it points to; any other row with the installation's key. Assign JSON anew to change it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import unicodedata
import uuid
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Generic, Self, TypeVar, overload

import click
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Column, MetaData, Table, bindparam, event, select, update
from sqlalchemy.orm import class_mapper

from app.config import ConfigError
from app.extensions import Base, db, every_table

T = TypeVar("T")

# Header byte: whose key in the upper half, which cipher in the lower.
INSTALLATION, DATA = 0x10, 0x20
CIPHERS: Mapping[str, int] = {"aes": 0x1, "sm4": 0x2}
_ALGORITHM: Mapping[int, tuple[type[AES256 | SM4], int]] = {0x1: (AES256, 32), 0x2: (SM4, 16)}

KEY_ID_LENGTH, NONCE_LENGTH, TAG_LENGTH = 4, 12, 16
HEADER_LENGTH = 1 + KEY_ID_LENGTH + NONCE_LENGTH
DATA_KEY_COLUMN, SEALED_SUFFIX = "data_key", "_sealed"
DESTROYED = b""
ROTATION_BATCH = 500


class VaultError(Exception):
    """A value could not be sealed or opened; the message names the place, never the content."""


@dataclass(frozen=True, repr=False)
class Keyring:
    """The installation's keys: the current master, older ones that still open, the hashing key."""

    current: bytes
    by_id: Mapping[bytes, bytes]
    hashing: bytes
    cipher: int
    hashing_keys: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the four key settings of `config`. Raises `ConfigError` naming the wrong one."""
        current = _secret(config["MASTER_KEY"], "MASTER_KEY")
        old = (part for part in str(config.get("MASTER_KEYS_OLD", "")).split(",") if part.strip())
        keys = [current, *(_secret(part, "MASTER_KEYS_OLD") for part in old)]
        name = config.get("VAULT_CIPHER", "aes")
        if name not in CIPHERS:
            raise ConfigError(f"VAULT_CIPHER={name!r} is not one of: {', '.join(CIPHERS)}")
        hashing = _secret(config["HASH_KEY"], "HASH_KEY")
        return cls(current, {_key_id(key): key for key in keys}, hashing, CIPHERS[name])


def init_app(app: Flask) -> None:
    """Check the keys at start, and add `flask vault rotate`."""
    app.extensions["vault"] = Keyring.from_config(app.config)
    app.cli.add_command(commands)


# Sealed columns


class Sealed(Generic[T]):
    """An attribute that reads and writes through the encrypted column named `column`.

    Reads None when nothing was stored or when the row's data key was destroyed. Raises
    `VaultError` when the stored value was changed, moved, or sealed by a key not held.
    """

    def __init__(
        self, column: str, encode: Callable[[T], bytes], decode: Callable[[bytes], T]
    ) -> None:
        if not column.endswith(SEALED_SUFFIX):
            # Rotation finds sealed columns by this ending.
            raise VaultError(f"the sealed column {column!r} must end in {SEALED_SUFFIX}")
        self.column = column
        self._encode = encode
        self._decode = decode

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: object, owner: type) -> T | None: ...
    def __get__(self, row: object | None, owner: type) -> Self | T | None:
        if row is None:
            return self
        sealed: bytes | None = getattr(row, self.column)
        if sealed is None or is_destroyed(row):
            return None
        opened = _opened(row)
        known, content = opened.get(self.column, (None, b""))
        if known is not sealed:
            content = _open(sealed, _key_of(row), _place(row, self.column))
            opened[self.column] = sealed, content
        return self._decode(content)

    def __set__(self, row: object, value: T | None) -> None:
        if value is None:
            setattr(row, self.column, None)
            return
        content = self._encode(value)
        sealed = _seal(content, _key_of(row), _place(row, self.column))
        setattr(row, self.column, sealed)
        _opened(row)[self.column] = sealed, content


def _opened(row: object) -> dict[str, tuple[bytes, bytes]]:
    """What this very object has opened or sealed so far, by column: the sealed value and its content.

    Held by the object in memory only, so for one request; another value in the column is opened anew.
    """
    opened: dict[str, tuple[bytes, bytes]] = row.__dict__.setdefault("_opened", {})
    return opened


def sealed_text(column: str) -> Sealed[str]:
    """A text attribute stored encrypted in `column`, kept byte for byte."""
    return Sealed(column, lambda text: text.encode(), lambda content: content.decode())


@overload
def sealed_json(column: str) -> Sealed[dict[str, Any]]: ...
@overload
def sealed_json(column: str, kind: type[T]) -> Sealed[T]: ...
def sealed_json(column: str, kind: type[Any] = dict) -> Sealed[Any]:
    """A JSON attribute (`dict`, or `list` as `kind`) stored encrypted in `column`.

    Each read gives a new value: to change it, assign the whole again.
    """

    written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def encode(value: Any) -> bytes:
        if not isinstance(value, kind):
            raise TypeError(f"{column} holds a {kind.__name__}, not a {type(value).__name__}")
        return written(value).encode()

    return Sealed(column, encode, json.loads)


# Data keys and files


def new_data_key() -> bytes:
    """A new random data key of 32 bytes, wrapped by the master key, as `data_key` stores it."""
    return _seal_installation(secrets.token_bytes(32), DATA_KEY_COLUMN)


def destroy(row: object) -> None:
    """Forget the row's data key: its sealed values, its children's and its files never open again.

    The caller commits. Backups made before still hold the key until they are gone.
    """
    row.data_key = DESTROYED  # type: ignore[attr-defined]


def hand_on(opened_by: object, to: object) -> None:
    """`to` has the data key of a row that it takes over from, which opened it already."""
    _opened(to)[DATA_KEY_COLUMN] = to.data_key, _data_key(opened_by)  # type: ignore[attr-defined]


def is_destroyed(row: object) -> bool:
    """Whether the data key that sealed this row's values was destroyed."""
    return getattr(_owner(row), DATA_KEY_COLUMN, None) == DESTROYED


def seal_bytes(content: bytes, *, owner: object, place: str) -> bytes:
    """Encrypt a file with the data key of `owner`; `place` names it, such as `upload.file.<id>`."""
    return _seal(content, _data_key(owner), place)


def open_bytes(sealed: bytes, *, owner: object, place: str) -> bytes:
    """The content of a file sealed for the same `owner` and `place`. Raises `VaultError`."""
    return _open(sealed, _data_key(owner), place)


# Keyed hashes and masks


def keyed_hash(purpose: str, value: str) -> str:
    """64 hex characters that find an equal `value` without storing it; differs for each purpose.

    Uses `HASH_KEY`, which the rotation of the master key leaves alone.
    """
    ring = _keyring()
    key = ring.hashing_keys.get(purpose)
    if key is None:
        key = ring.hashing_keys[purpose] = _derive(ring.hashing, f"hash.{purpose}", 32)
    return hmac.digest(key, value.encode(), "sha256").hex()


def mask_name(name: str) -> str:
    """张三丰 -> 张某, as it is written and read aloud; the length of a name tells nothing.

    By character as people count them, so a variation mark is no character.
    """
    characters: list[str] = []
    for character in name:
        if characters and unicodedata.category(character) in {"Mn", "Me", "Mc"}:
            characters[-1] += character
        else:
            characters.append(character)
    hidden = "某" if characters else ""
    return characters[0] + hidden if len(characters) > 1 else hidden


def mask_id_number(number: str) -> str:
    """421181199001010026 -> 4211**********0026; a shorter paper's number shows its last two."""
    return _mask(number, 4, 4) if len(number) >= 15 else _mask(number, 1, 2)


def mask_phone(phone: str) -> str:
    """13800000000 -> 138****0000; a shorter number shows its last two."""
    return _mask(phone, 3, 4) if len(phone) >= 11 else _mask(phone, 0, 2)


def _mask(text: str, first: int, last: int) -> str:
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[-last:]


# Rotation

commands = AppGroup("vault", help="Keys of the encrypted columns.")


@commands.command("rotate")
def rotate_command() -> None:
    """Seal everything again under MASTER_KEY; afterwards MASTER_KEYS_OLD may be emptied.

    May be repeated and may be interrupted: what is done stays done, the rest stays readable.
    """
    try:
        count = rotate(every_table())
    except VaultError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{count} values sealed again under the current master key")


def rotate(metadata: MetaData = Base.metadata) -> int:
    """Re-wrap data keys and re-seal values of the installation's key; the number of those changed.

    Commits batch by batch. Raises `VaultError` at the first value whose key is not held.
    """
    changed = 0
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name == DATA_KEY_COLUMN or column.name.endswith(SEALED_SUFFIX):
                changed += _rotate_column(table, column)
    return changed


def _rotate_column(table: Table, column: Column[Any]) -> int:
    identity = table.c.id
    # A value written meanwhile is already under the current key: `old` leaves it alone.
    replace = (
        update(table)
        .where(identity == bindparam("row"), column == bindparam("old"))
        .values({column.name: bindparam("new")})
    )
    query = select(identity, column).where(column.is_not(None)).order_by(identity)
    page = query
    changed = 0
    while rows := db.session.execute(page.limit(ROTATION_BATCH)).all():
        fresh = [
            {"row": row_id, "old": sealed, "new": new}
            for row_id, sealed in rows
            if (new := _resealed(sealed, _place_of(table.name, column.name, row_id))) is not None
        ]
        if fresh:
            db.session.connection().execute(replace, fresh)
        db.session.commit()
        changed += len(fresh)
        page = query.where(identity > rows[-1][0])
    return changed


def _resealed(sealed: bytes, place: str) -> bytes | None:
    """The value under the current master key, or None when there is nothing to do."""
    if sealed == DESTROYED or sealed[0] & 0xF0 == DATA:
        return None
    ring = _keyring()
    if sealed[1 : 1 + KEY_ID_LENGTH] == _key_id(ring.current) and sealed[0] & 0x0F == ring.cipher:
        return None
    label = DATA_KEY_COLUMN if place.split(".")[1] == DATA_KEY_COLUMN else place
    return _seal_installation(_open_installation(sealed, label), label)


# Inside: which key, which place, which bytes


def _keyring() -> Keyring:
    ring: Keyring = current_app.extensions["vault"]
    return ring


def _secret(text: str, name: str) -> bytes:
    try:
        secret = b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise ConfigError(f"{name} is not base64") from error
    if len(secret) != 32:
        raise ConfigError(f"{name} must be base64 of 32 bytes; make one: openssl rand -base64 32")
    return secret


@lru_cache(maxsize=512)
def _derive(secret: bytes, purpose: str, length: int) -> bytes:
    info = f"jiujinban.{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(secret)


def _key_id(secret: bytes) -> bytes:
    return _derive(secret, "key-id", KEY_ID_LENGTH)


def _owner(row: object) -> object:
    """The row whose data key seals this one: its `vault_owner`, else itself."""
    if not hasattr(type(row), "vault_owner"):
        return row
    owner: object | None = row.vault_owner  # type: ignore[attr-defined]
    if owner is None:
        raise VaultError(f"{type(row).__name__} has no vault_owner yet: set it first")
    return owner


def _key_of(row: object) -> bytes | None:
    """The plain data key for a row, or None for the installation's key."""
    owner = _owner(row)
    return _data_key(owner) if hasattr(type(owner), DATA_KEY_COLUMN) else None


def _data_key(owner: object) -> bytes:
    wrapped: bytes | None = owner.data_key  # type: ignore[attr-defined]
    if wrapped is None:
        raise VaultError(f"{type(owner).__name__} has no data key yet")
    if wrapped == DESTROYED:
        raise VaultError(f"the data key of this {type(owner).__name__} was destroyed")
    opened = _opened(owner)
    known, key = opened.get(DATA_KEY_COLUMN, (None, b""))
    if known is not wrapped:
        key = _open_installation(wrapped, DATA_KEY_COLUMN)
        opened[DATA_KEY_COLUMN] = wrapped, key
    return key


def _place(row: object, column: str) -> str:
    row_id = row.id  # type: ignore[attr-defined]
    if row_id is None:
        raise VaultError(f"{type(row).__name__} needs its id before {column} can be sealed")
    return _place_of(row.__tablename__, column, row_id)  # type: ignore[attr-defined]


def _place_of(table: str, column: str, row_id: object) -> str:
    return f"{table}.{column}.{row_id}"


def _seal(content: bytes, data_key: bytes | None, place: str) -> bytes:
    if data_key is None:
        return _seal_installation(content, place)
    return _encrypt(content, DATA, data_key, "data", place)


def _open(sealed: bytes, data_key: bytes | None, place: str) -> bytes:
    if data_key is None:
        return _open_installation(sealed, place)
    return _decrypt(sealed, DATA, {_key_id(data_key): data_key}, "data", place)


def _seal_installation(content: bytes, place: str) -> bytes:
    return _encrypt(content, INSTALLATION, _keyring().current, _purpose(place), place)


def _open_installation(sealed: bytes, place: str) -> bytes:
    return _decrypt(sealed, INSTALLATION, _keyring().by_id, _purpose(place), place)


def _purpose(place: str) -> str:
    return "wrapping" if place == DATA_KEY_COLUMN else "installation"


def _encrypt(content: bytes, whose: int, secret: bytes, purpose: str, place: str) -> bytes:
    cipher = _keyring().cipher
    header = bytes([whose | cipher]) + _key_id(secret)
    nonce = secrets.token_bytes(NONCE_LENGTH)
    algorithm, length = _ALGORITHM[cipher]
    key = _derive(secret, f"{purpose}.{cipher}", length)
    encryptor = Cipher(algorithm(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(header + place.encode())
    return header + nonce + encryptor.update(content) + encryptor.finalize() + encryptor.tag


def _decrypt(
    sealed: bytes, whose: int, secrets_by_id: Mapping[bytes, bytes], purpose: str, place: str
) -> bytes:
    if len(sealed) < HEADER_LENGTH + TAG_LENGTH:
        raise VaultError(f"the value at {place} is not a sealed value")
    header = sealed[: 1 + KEY_ID_LENGTH]
    known = _ALGORITHM.get(header[0] & 0x0F)
    secret = secrets_by_id.get(header[1:])
    if header[0] & 0xF0 != whose or known is None or secret is None:
        raise VaultError(f"the value at {place} was sealed by a key that is not held")
    algorithm, length = known
    key = _derive(secret, f"{purpose}.{header[0] & 0x0F}", length)
    nonce, ciphertext, tag = (
        sealed[1 + KEY_ID_LENGTH : HEADER_LENGTH],
        sealed[HEADER_LENGTH:-TAG_LENGTH],
        sealed[-TAG_LENGTH:],
    )
    decryptor = Cipher(algorithm(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(header + place.encode())
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag as error:
        raise VaultError(f"the value at {place} was changed or moved") from error


@cache
def _sealed_attributes(model: Any) -> dict[str, str]:
    """Attribute name -> column name of every sealed attribute of a model."""
    return {
        name: attribute.column
        for base in reversed(model.__mro__)
        for name, attribute in vars(base).items()
        if isinstance(attribute, Sealed)
    }


@event.listens_for(Base, "init", propagate=True)
def _prepare_to_seal(row: Any, _args: Sequence[Any], given: dict[str, Any]) -> None:
    """Give a new row its id and data key before its first sealed value needs them."""
    model = type(row)
    sealed = _sealed_attributes(model)  # type: ignore[arg-type]  # types hash
    columns = class_mapper(model).columns
    if not sealed and DATA_KEY_COLUMN not in columns:
        return
    if "id" not in columns:
        raise VaultError(f"{model.__name__} has sealed values and so needs a primary key `id`")
    if "id" in given:
        row.id = given["id"]
    elif columns["id"].type.python_type is uuid.UUID:
        row.id = uuid.uuid4()
    if DATA_KEY_COLUMN in columns and DATA_KEY_COLUMN not in given:
        row.data_key = new_data_key()
    # Sealed values last: `vault_owner` may hang on a relationship given in the same call.
    for name in sealed.keys() & given.keys():
        given[name] = given.pop(name)
