"""`flask staff …`: the accounts of the staff, for the operator."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from app import audit, clock
from app.accounts import enrolling, service, sessions
from app.accounts.models import Officer, Role
from app.extensions import db
from app.fields import read_id_number, read_mobile
from app.places.models import Office


@click.command("add")
@with_appcontext
@click.argument("username")
@click.option("--name", required=True, help="the name citizens see")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True)
@click.option("--office", required=True, help="the division code of the office")
@click.option("--kin-id", multiple=True, help="ID number of the officer or a relative; repeatable")
@click.option("--kin-phone", multiple=True, help="mobile of the officer or a relative; repeatable")
@click.option("--export", is_flag=True, help="may take lists out of the house")
@click.password_option()
def add_staff(
    username: str,
    name: str,
    role: str,
    office: str,
    kin_id: tuple[str, ...],
    kin_phone: tuple[str, ...],
    export: bool,
    password: str,
) -> None:
    """Add a member of staff and show the address for the code generator once.

    Cases that name one of the `--kin` numbers are left to colleagues.
    """
    from pyotp import TOTP, random_base32

    where = db.session.scalar(select(Office).where(Office.code == office))
    if where is None:
        raise click.ClickException(f"no office {office} yet; type: flask places office {office}")
    secret = random_base32()
    kin = [service.kin_key("id_number", read_id_number(number)) for number in kin_id]
    kin += [service.kin_key("phone", read_mobile(number)) for number in kin_phone]
    officer = service.add_officer(
        username,
        name,
        role,
        where.id,
        password=password,
        totp_secret=secret,
        kin_keys=kin,
        may_export=export,
    )
    db.session.flush()
    _note(officer, "added")
    db.session.commit()
    click.echo(TOTP(secret).provisioning_uri(name=username, issuer_name="就近办"))


@click.command("disable")
@with_appcontext
@click.argument("username")
def disable_staff(username: str) -> None:
    """Shut an account; whoever is signed in with it is out on the next request."""
    officer = _named(username)
    officer.disabled_at = clock.now()
    enrolling.uninvite(officer)
    sessions.end_all(officer)
    _note(officer, "disabled")
    db.session.commit()


@click.command("invite")
@with_appcontext
@click.argument("username")
def invite_staff(username: str) -> None:
    """Open an account, also a shut one, for its owner alone, and show the code to hand them."""
    officer = _named(username)
    officer.disabled_at = None
    code = enrolling.invite(officer)
    _note(officer, "invited")
    db.session.commit()
    click.echo(code)


@click.command("export")
@with_appcontext
@click.argument("username")
@click.option("--no", is_flag=True, help="no longer")
def export_staff(username: str, no: bool) -> None:
    """Let somebody take lists out of the house, or no longer; a supervisor may then pass it on."""
    officer = _named(username)
    officer.may_export = not no
    _note(officer, "changed")
    db.session.commit()


def _named(username: str) -> Officer:
    officer = db.session.scalar(select(Officer).where(Officer.username == username.casefold()))
    if officer is None:
        raise click.ClickException(f"nobody is called {username}")
    return officer


def _note(officer: Officer, what: str) -> None:
    audit.record(f"officer.{what}", actor="operator", subject=f"officer:{officer.id}")


COMMANDS = {
    str(command.name): command for command in (add_staff, disable_staff, invite_staff, export_staff)
}
