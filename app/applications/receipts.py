"""Receipt numbers, and the keyed hashes under which a case is found."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from app import vault
from app.applications.models import Application
from app.extensions import db
from app.fields import comparable_name

# No 0 O 1 I L U: the number is read aloud on the phone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number(series: str = "JJB") -> str:
    """A receipt number such as JJB-7F3K-92QD-H4TM: 12 characters nobody can guess."""
    characters = [secrets.choice(_ALPHABET) for _ in range(12)]
    groups = ["".join(characters[start : start + 4]) for start in (0, 4, 8)]
    return "-".join([series, *groups])


def read_number(typed: str, series: str = "JJB") -> str:
    """A number in its one spelling, from what a person typed: blanks, small letters, no dashes."""
    plain = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    body = plain.removeprefix(series)
    return "-".join([series, *(body[start : start + 4] for start in range(0, len(body), 4))])


def lookup_hash(number: str, tail: str) -> str:
    """The keyed hash under which `find_by_receipt` knows the last four of a phone or an ID."""
    return vault.keyed_hash("lookup", f"{number}|{tail.upper()}")


def find_by_receipt(number: str, tail: str) -> Application | None:
    """The application with this number, for someone who knows the last four of a phone or ID in it."""
    application = db.session.scalar(
        select(Application).where(Application.number == read_number(number))
    )
    wanted = lookup_hash(read_number(number), tail.strip())
    known = application.lookup_hashes if application else []
    found = [secrets.compare_digest(wanted, each) for each in known]
    return application if any(found) else None


def search_hash(kind: str, value: str) -> str:
    """The keyed hash of an `id_number`, `phone` or `name` in `SearchKey`."""
    return vault.keyed_hash(f"search.{kind}", comparable_name(value) if kind == "name" else value)
