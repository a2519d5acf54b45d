#!/usr/bin/env python3
"""Everything a developer or a continuous-integration machine types, in one file.

    python3 dev.py run          install what is needed, fill the database, start the site
    python3 dev.py test         every test: SQLite, PostgreSQL, browser (arguments go to pytest)
    python3 dev.py check        style, types, import contracts, templates, catalogues, locks
    python3 dev.py setup        install only (--dev: the tools as well)
    python3 dev.py translate    collect the texts and draft the missing Traditional ones
    python3 dev.py lock         renew the locks from pyproject.toml
    python3 dev.py accessibility  look at every page and renew what the site says of its accessibility
    python3 dev.py screenshots  pictures of every page on six kinds of screen, and those of README

Needs Python 3.11 or later and nothing else; all it makes is in `.venv` and `instance`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
# All that a lock holds: `name[extra]==version ; marker \` and, below it, hashes.
LOCKED = re.compile(
    r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==[0-9A-Za-z.+!-]+( ; [^@:/#]+)? \\"
    r"|    --hash=sha256:[0-9a-f]{64}( \\)?"
)
STOPPING_SECONDS = 20


class Trouble(Exception):
    """Something the person at the keyboard has to do; the message says what to type."""


# --- Commands -----------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  that is what this line is for
        raise Trouble(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}")
    parser = argparse.ArgumentParser(
        prog="dev.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup").add_argument("--dev", action="store_true", help="the tools too")
    commands.add_parser("run").add_argument("--port", type=int, default=8000)
    test_parser = commands.add_parser("test")
    test_parser.add_argument("--no-browser", action="store_true", help="leave browser tests out")
    for name in ("check", "lock", "translate", "screenshots", "accessibility"):
        commands.add_parser(name)
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command not in {"test", "translate", "screenshots"}:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    os.chdir(ROOT)
    if known.command == "run":
        return run(known.port)
    if known.command == "test":
        return test(rest, browser=not known.no_browser)
    if known.command == "check":
        return check()
    if known.command == "lock":
        return lock()
    if known.command == "translate":
        return translate(rest)
    if known.command == "screenshots":
        setup(dev=True)
        return venv_call("tests/e2e/screenshots.py", *rest)
    if known.command == "accessibility":
        setup(dev=True)
        return venv_call("tests/e2e/accessibility.py")
    setup(dev=known.dev)
    return 0


def setup(*, dev: bool = False) -> None:
    """Make `.venv` as the lock says; takes no time when it already is."""
    make_venv()
    install(DEV_LOCK if dev else LOCK)
    compile_catalogues()


def run(port: int) -> int:
    """The web server and the worker, until Ctrl-C or until one of them falls."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Trouble(f"port {port} is taken; choose another: dev.py run --port {port + 1}")
    setup()
    if venv_call("-m", "flask", "--app", "wsgi", "site", "prepare"):
        return 1
    address = f"http://127.0.0.1:{port}"
    environment = {"PUBLIC_URL": address, **os.environ}
    web = ["-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    web += ["--workers", "2", "--threads", "4", "--graceful-timeout", str(STOPPING_SECONDS // 2)]
    programs = [web]
    if (ROOT / "app" / "worker.py").exists():
        programs.append(["-m", "huey.bin.huey_consumer", "app.worker.huey", "--quiet"])
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, _stop)
    children = []
    try:
        children = [subprocess.Popen([PYTHON, *program], env=environment) for program in programs]
        if wait_until_up(address, children):
            print(f"\n  {address}/               for citizens", flush=True)
            print(f"  {address}/staff/sign-in  for staff", flush=True)
            venv_call("-m", "flask", "--app", "wsgi", "site", "accounts")
            print("\n  Ctrl-C stops it.", flush=True)
        while all(child.poll() is None for child in children):
            time.sleep(0.3)
    except KeyboardInterrupt:
        return 0
    finally:
        stop(children)
    print("One of the two programs ended by itself; see above.", file=sys.stderr)
    return 1


def test(arguments: list[str], *, browser: bool) -> int:
    """All tests; with arguments, pytest once with these."""
    setup(dev=True)
    missing = prepare_browser() if browser else None
    if missing:
        print(f"No browser tests: {missing}", file=sys.stderr, flush=True)
    elif not browser:
        print("Browser tests are left out (--no-browser).", flush=True)
    with_browser = browser and not missing
    if arguments:
        chosen = [] if with_browser else ["-m", "not browser"]
        return venv_call("-m", "pytest", *chosen, *arguments) or bool(missing)
    side_by_side = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"]
    failed = bool(missing)
    if with_browser:
        failed |= bool(venv_call("-m", "pytest", "-m", "browser"))
    failed |= bool(
        venv_call("-m", "pytest", "-m", "not browser", *side_by_side, "--database=postgres")
    )
    # The widest run is the last, so that its count is what one reads at the end.
    failed |= bool(venv_call("-m", "pytest", "-m", "not browser", *side_by_side))
    return int(failed)


def check() -> int:
    """Everything that can be said about the code without running the site; all of it, each time."""
    setup(dev=True)
    checks = {
        "style": ["-m", "ruff", "check", "."],
        "format": ["-m", "ruff", "format", "--check", "."],
        "types": ["-m", "mypy"],
        "imports": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
        "templates": ["-m", "djlint", "templates", "--lint", "--quiet"],
        "catalogue": ["-m", "translations.catalogue", "--check"],
        "glossary": ["-m", "pytest", "tests/shape/test_glossary.py"],
    }
    failed = [name for name, command in checks.items() if venv_call(*command)]
    if complaints := locks_are_clean():
        failed.append("locks")
        print("\n".join(complaints), file=sys.stderr)
    print(f"check: failed: {', '.join(failed)}" if failed else "check: all well", flush=True)
    return int(bool(failed))


def lock() -> int:
    """Resolve pyproject.toml for every platform; only names, versions and hashes are written."""
    setup(dev=True)
    environment = dict(os.environ)
    # uv does not read pip's configuration; an index set there is passed on and never written down.
    index = subprocess.run(
        [PYTHON, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    ).stdout.strip()
    if index:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    options = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
    options += ["--python-version", "3.11"]
    compile_lock = [PYTHON, "-m", "uv", "pip", "compile", *options, "--upgrade", "pyproject.toml"]
    runtime = ["--all-extras", "--output-file", LOCK]
    tools = ["--all-extras", "--group", "dev", "--constraint", LOCK, "--output-file", DEV_LOCK]
    for part in (runtime, tools):
        subprocess.run([*compile_lock, *part], env=environment, check=True)
    if complaints := locks_are_clean():
        raise Trouble("\n".join(complaints))
    return 0


def translate(options: list[str]) -> int:
    """Bring the Traditional catalogue up to date with the texts in code, templates and rulebooks."""
    setup(dev=True)
    return venv_call("-m", "translations.catalogue", *options)


# --- Installing ---------------------------------------------------------------------------------


def make_venv() -> None:
    if PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        complaint = install_system_packages(
            f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        )
        if complaint:
            raise Trouble(complaint)
    subprocess.run([sys.executable, "-m", "venv", VENV], check=True)


def install(wanted: Path) -> None:
    """pip install --require-hashes, unless this very lock is installed already."""
    stamp = VENV / f"{wanted.name}.sha256"
    digest = hashlib.sha256(wanted.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {wanted.name} …", flush=True)
    pip = [PYTHON, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-qq"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "-r", wanted], check=True, stdin=subprocess.DEVNULL
    )
    stamp.write_text(digest)
    if wanted == DEV_LOCK:
        # The tools' lock holds the site's own packages too, at the same versions.
        (VENV / f"{LOCK.name}.sha256").write_text(hashlib.sha256(LOCK.read_bytes()).hexdigest())


def compile_catalogues() -> None:
    if venv_call("-m", "translations.catalogue", "--compile"):
        raise Trouble("the catalogues could not be compiled; see above")


def prepare_browser() -> str | None:
    """See to a browser and to Chinese letters; what is missing and how to get it, or None."""
    wanted = []
    if not shutil.which("chromium"):
        wanted.append("chromium")
    fonts = ["fc-list", ":lang=zh", "family"]
    if not shutil.which("fc-list") or not subprocess.run(fonts, capture_output=True).stdout:
        wanted.append("fonts-noto-cjk")
    return install_system_packages(*wanted) if wanted else None


def install_system_packages(*packages: str) -> str | None:
    """As root on Debian or Ubuntu install them; else say what to type. None when they are there."""
    line = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if not shutil.which("apt-get"):
        return f"{' and '.join(packages)} missing; install with your system's package manager"
    if os.geteuid() != 0:
        return f"{' and '.join(packages)} missing; type: sudo {line}"
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], [*shlex.split(line), "-qq"]):
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL)
    return f"this failed: {line}" if done.returncode else None


# --- Small parts --------------------------------------------------------------------------------


def venv_call(*arguments: str | Path) -> int:
    """Run the Python of `.venv`; its exit code."""
    keyboard = None if sys.stdin and sys.stdin.isatty() else subprocess.DEVNULL
    return subprocess.run([PYTHON, *arguments], stdin=keyboard).returncode


def locks_are_clean() -> list[str]:
    """The lines of the locks that are anything but a package, its version, its marker and its hashes."""
    return [
        f"{path.name}:{number}: names a place, not only a package: {line}"
        for path in (LOCK, DEV_LOCK)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if not LOCKED.fullmatch(line)
    ]


def wait_until_up(address: str, children: list[subprocess.Popen[bytes]]) -> bool:
    """Whether the site answers within half a minute."""
    for _ in range(150):
        if any(child.poll() is not None for child in children):
            return False
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310  our own address
                return True
        except urllib.error.HTTPError as answer:
            answer.close()
            return True
        except OSError:
            time.sleep(0.2)
    return False


def stop(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask each to finish what it is doing, then insist."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOPPING_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"dev.py: {trouble}")
    except subprocess.CalledProcessError as failure:
        sys.exit(f"dev.py: this failed: {shlex.join(map(str, failure.cmd))}")
    except KeyboardInterrupt:
        sys.exit(130)
