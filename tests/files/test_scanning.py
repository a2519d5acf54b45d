"""The virus scanner: what it knows is refused, and what it could not look at waits unseen."""

from __future__ import annotations

import socket
import socketserver
import threading
import zipfile
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from app import files
from app.applications import quarantine, uploads
from app.applications.models import Upload
from app.config import ConfigError, from_environment
from app.files import scanning
from app.files.cleaning import FileRefusedError
from app.files.scanning import InfectedError, ScannerAwayError, refuse_infected, take
from app.notifications.models import OutboxMessage
from tests import factories as make
from tests.files.clamd import EICAR, Clamd, _Talk

PAPER = "id_or_hukou_booklet"


@pytest.fixture
def clamd(app):
    with Clamd() as server:
        app.config["CLAMD"] = server.address
        yield server


@pytest.fixture
def request_context(app):
    with app.test_request_context():
        yield


def photo(behind: bytes = b"") -> bytes:
    output = BytesIO()
    Image.new("RGB", (400, 300), "white").save(output, "JPEG")
    return output.getvalue() + behind


def zipped(content: bytes) -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("eicar.com", content)
    return output.getvalue()


def test_D9_a_known_virus_is_refused(clamd, request_context):
    for infected in (EICAR, photo(EICAR), zipped(EICAR)):
        with pytest.raises(InfectedError, match="没有通过安全检查"):
            take(infected)
    assert take(photo()).unchecked is False
    assert clamd.asked[-1] == len(photo())


def test_D9_a_large_file_reaches_the_scanner_whole(clamd, request_context):
    refuse_infected(b"\0" * 3_000_001)
    assert clamd.asked == [3_000_001]
    with pytest.raises(InfectedError):
        refuse_infected(b"\0" * 3_000_001 + EICAR)


def test_D9_a_scanner_on_a_socket_of_this_machine(app, tmp_path, request_context):
    class UnixClamd(socketserver.ThreadingUnixStreamServer):
        mood, most, daemon_threads, block_on_close = "fine", 1 << 30, True, False
        asked: list[int] = []  # noqa: RUF012

    path = tmp_path / "clamd.ctl"
    with UnixClamd(str(path), _Talk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app.config["CLAMD"] = f"unix://{path}"
        refuse_infected(photo())
        with pytest.raises(InfectedError):
            refuse_infected(EICAR)
        server.shutdown()


@pytest.mark.parametrize("fault", ["down", "hangs", "too much for it", "not clamd"])
def test_D9_a_scanner_that_does_not_answer_makes_the_file_wait(
    app, clamd, request_context, monkeypatch, fault
):
    monkeypatch.setattr(scanning, "PATIENCE", 0.3)
    if fault == "down":
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            app.config["CLAMD"] = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
    elif fault == "hangs":
        clamd.mood = "hangs"
    elif fault == "too much for it":
        clamd.most = 100
    else:
        monkeypatch.setattr(_Talk, "handle", lambda talk: talk.wfile.write(b"HTTP/1.1 400\r\n"))
    with pytest.raises(ScannerAwayError):
        refuse_infected(photo())
    assert take(photo()).unchecked is True
    with pytest.raises(FileRefusedError, match="看不懂"):
        take(b"MZ is still refused")


def test_a_wrong_address_of_the_scanner_stops_the_start():
    with pytest.raises(ConfigError, match="CLAMD must begin with tcp://"):
        from_environment({"CLAMD": "localhost:3310"})


# --- On the pages ---


@pytest.fixture
def case(session, offices):
    return make.filed()


@pytest.fixture
def waiting(app, session, case, clamd, monkeypatch) -> Upload:
    """A page that came while the scanner was away; the scanner is back."""
    monkeypatch.setattr(scanning, "PATIENCE", 0.3)
    clamd.mood = "hangs"
    browser = make.browser_of(make.citizen(), app)
    answer = browser.post(
        f"/my/{case.id}/papers/{PAPER}", data={"file": (BytesIO(photo()), "a.jpg")}
    )
    assert answer.status_code == 303
    assert "安全检查" in browser.get(answer.location).text
    clamd.mood = "fine"
    return session.scalars(select(Upload).where(Upload.quarantined_at.is_not(None))).one()


def test_D9_what_waits_is_seen_by_the_citizen_and_not_by_staff(app, session, case, waiting):
    mine = make.browser_of(make.citizen(), app)
    assert mine.get(f"/my/{case.id}/uploads/{waiting.id}").status_code == 200
    clerk = make.browser_of(make.officer(make.BAIGUO), app)
    assert "等安全检查，还不能打开" in clerk.get(f"/staff/cases/{case.id}").text
    assert clerk.get(f"/staff/cases/{case.id}/files/{waiting.id}").status_code == 404
    assert quarantine.check_waiting() == 1
    session.expire_all()
    assert waiting.quarantined_at is None
    assert clerk.get(f"/staff/cases/{case.id}/files/{waiting.id}").status_code == 200


def test_D9_what_is_found_later_is_thrown_away_and_the_citizen_told(session, waiting, monkeypatch):
    monkeypatch.setattr(quarantine, "read_upload", lambda upload: photo(EICAR))
    key, upload_id = waiting.key, waiting.id
    assert quarantine.check_waiting() == 1
    session.expire_all()
    assert session.get(Upload, upload_id) is None
    with pytest.raises(FileNotFoundError):
        files.store().get(key)
    kinds = session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.created_at)).all()
    assert kinds[-1] == "upload_infected"


def test_D9_while_the_scanner_is_still_away_everything_goes_on_waiting(session, waiting, clamd):
    clamd.mood = "hangs"
    assert quarantine.check_waiting() == 0
    session.expire_all()
    assert waiting.quarantined_at is not None
    assert uploads.read_upload(waiting)
