"""Serving a center with uvicorn on a port that may be chosen by the system."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import uvicorn

from center.app import create_app
from center.settings import Settings
from center.state import Center

BACKLOG = 128
STOP_SECONDS = 3
"""How long open requests (long polls among them) may still run after a stop is asked for."""

KEEP_ALIVE = 30
COLLECT = (100_000, 20, 20)
"""Thresholds of the garbage collector."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CenterServer(uvicorn.Server):
    """A uvicorn server that says when it is reachable."""

    def __init__(self, config: uvicorn.Config, center: Center, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.center = center
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer the long polls, so that nobody waits for them, then stop."""
        self.center.close_polls()
        await super().shutdown(sockets)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def authorities(host: str, port: int) -> tuple[str, ...]:
    """The names under which clients on this machine or by this address reach a port."""
    hosts = LOOPBACK if host in LOOPBACK else (host,)
    names = [f"[{name}]" if ":" in name else name.lower() for name in hosts]
    return tuple(f"{name}:{port}" for name in names) + (tuple(names) if port == 80 else ())


def make_server(
    settings: Settings, sock: socket.socket, ready: Callable[[], None] = lambda: None
) -> CenterServer:
    """A server for a center on a bound socket; run it with `server.run(sockets=[sock])`."""
    host, port = sock.getsockname()[:2]
    known = tuple(dict.fromkeys((*settings.authorities, *authorities(host, port))))
    app = create_app(replace(settings, authorities=known))
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="on",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=32 * 1024,
    )
    return CenterServer(config, app.state.center, ready)


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 0, port_file: Path | None = None) -> int:
    """Serve until SIGINT or SIGTERM; prints one line when reachable and writes the port to `port_file`.

    Returns 0 after a clean stop, 1 when the application could not start. Raises OSError when the port is
    taken.
    """
    with bind(host, port) as sock:
        actual = sock.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host

        def ready() -> None:
            print(f"中心已启动：http://{shown}:{actual}", flush=True)
            if port_file is not None:
                _write_port(port_file, actual)

        server = make_server(settings, sock, ready)
        spare_collections()
        # After its clean stop uvicorn raises the signal again for whoever handled it before: that is us.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            server.run(sockets=[sock])
        if server.started:
            print("中心已停止。", file=sys.stderr, flush=True)
        return 0 if server.started else 1


def spare_collections() -> None:
    """Look for cyclic garbage less often: a large roster is some million objects and hardly a cycle.

    With Python's own thresholds a third of the processor time of a submission goes into looking at them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


def _write_port(path: Path, port: int) -> None:
    """Put the port there in one step, so that a reader never sees half a number."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(f"{port}\n", encoding="ascii")
    partial.replace(path)
