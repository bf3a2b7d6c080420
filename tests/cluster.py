"""A PostgreSQL server of the tests' own: a folder and a port that nobody else has, ended and deleted with its block.

It knows Debian's programs and how to kill a server as a power cut would; no table and no database of it. When the tests
are killed, the kernel ends the server (prctl(2), PR_SET_PDEATHSIG), and a shell that waits for our end deletes it all.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg
import pytest

from cti.stage.postgres import programs

_START_SECONDS = 60
_STOP_SECONDS = 60


def require_server() -> Path:
    """Where the server's programs are. Without them a test skips at a desk and fails in CI."""
    if (found := programs()) is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have PostgreSQL: install Debian's package postgresql")
        pytest.skip("no PostgreSQL server on this machine")
    return found


class Cluster:
    """`with Cluster() as cluster:` it accepts connections; `url` lacks a database's name. As `require_server` says."""

    def __init__(self) -> None:
        self._programs = require_server()
        self._folder = Path(tempfile.mkdtemp(prefix="cti-pg-"))
        # the server refuses to run as root
        self._as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        self._with_us = [*(self._as_user or ["setpriv"]), "--pdeathsig=QUIT"]
        self._port = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://cti@127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        if self._as_user:
            os.chown(self._folder, 65534, 65534)
        delete = ["sh", "-c", 'cat; until rm -rf "$0"; do sleep 0.2; done', self._folder]  # a server that ends writes
        self._guard = subprocess.Popen(delete, stdin=subprocess.PIPE, process_group=0)
        init = ["initdb", "-D", str(self._data), "-U", "cti", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
        self._run(*init)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)  # at once: nobody wants these rows any more
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(_STOP_SECONDS)
            self.kill()
        if self._guard is not None:
            self._guard.communicate()

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = {"port": self._port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        command = [*self._with_us, str(self._programs / "postgres"), "-D", str(self._data), *settings]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, process_group=0)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if self._server.poll() is not None:
                pytest.fail(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")
            with suppress(psycopg.OperationalError):
                psycopg.connect(f"{self.url}/postgres", connect_timeout=1).close()
                return
            time.sleep(0.02)  # it tells nobody when it is there
        pytest.fail("PostgreSQL did not answer")

    def kill(self) -> None:
        """Every process of it at once. What it had been told to keep is on the disk: the machine lives on."""
        assert self._server is not None
        with suppress(ProcessLookupError):
            os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def new_database(self, like: str = "") -> str:
        """The URL of an empty database, or of a copy of the one with the URL `like`, which nobody may use meanwhile."""
        name = f"cti_{os.urandom(6).hex()}"
        template = like.rpartition("/")[2] or "template1"
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            # before 15 the only way, since then not the usual one, which writes all of it to the log, too
            how = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {how}")
        return f"{self.url}/{name}"

    def drop(self, url: str) -> None:
        """This database goes, whoever uses it: a disk full of them is slow."""
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder)
