"""Real servers on loopback that take notices."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message


@dataclass
class Webhook:
    """A web server that answers with these codes, one a request, and keeps what it was sent."""

    answers: list[int] = field(default_factory=list)
    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    requests: int = 0


@contextmanager
def webhook(*answers: int) -> Iterator[Webhook]:
    kept = Webhook(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            kept.requests += 1
            kept.paths.append(self.path)
            answer = kept.answers.pop(0) if kept.answers else 200
            if answer < 300:
                kept.received.append(json.loads(content))
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", f"{kept.url}/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            # What a redirect would turn into.
            kept.received.append({})
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook/rahasia-4471"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def hangs_up() -> Iterator[str]:
    """A server that closes every connection without a word; its address."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook/rahasia-4471"
        server.shutdown()


@dataclass
class Mailbox:
    """A mail server's box."""

    url: str
    received: list[Any]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    received: list[Any] = []

    class Handler(Message):
        def handle_message(self, message: Any) -> None:
            received.append(message)

    port = closed_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Mailbox(f"smtp://127.0.0.1:{port}?from=gudang@crosslife.example&to=tim@crosslife.example", received)
    finally:
        controller.stop()


def closed_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
