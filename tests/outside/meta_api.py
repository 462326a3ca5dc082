"""A stand-in on loopback for the part of Meta's Marketing API that audiences are sent by, over real HTTP.

It does what these pages say, and each rule of it names its page; of what they do not say it takes the strictest reading, and
a request that it does not know is written down, answered with 400 and fails the test that ends with `nothing_unknown`:

GUIDE   https://developers.facebook.com/documentation/ads-commerce/marketing-api/audiences/guides/custom-audiences
USERS   https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/custom-audience/users
RATES   https://developers.facebook.com/docs/marketing-api/overview/rate-limiting
GRAPH   https://developers.facebook.com/docs/graph-api/results (pages with cursors)

Faults are given as a queue: each request takes the next one. What audiences are in the end stands in `audiences`.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "EAArahasia4471"
ACCOUNT = "1002003004"
MOST_ROWS = 10_000
LONGEST = timedelta(minutes=90)
_HASH = re.compile("[0-9a-f]{64}")
_KEYS = {"EMAIL", "PHONE"}
Row = tuple[str, ...]


@dataclass
class Fault:
    """What goes wrong with one request: before it is heeded, or after (`is_taken`), with an error, a page, or in silence."""

    status: int = 400
    code: int | None = None
    subcode: int | None = None
    is_transient: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    page: str | None = None
    is_taken: bool = False
    hangs_up: bool = False
    seconds: float = 0.0


@dataclass
class Upload:
    """A session of `usersreplace`."""

    began_at: datetime
    schema: list[str]
    members: set[Row] = field(default_factory=set)
    received: int = 0
    is_ended: bool = False


@dataclass
class Audience:
    """A custom audience: what it was made with, who is in it, and its sessions by number."""

    fields: dict[str, str]
    members: set[Row] = field(default_factory=set)
    uploads: dict[int, Upload] = field(default_factory=dict)


class Refusal(Exception):
    """An error as Meta words it: code, subcode."""

    def __init__(self, code: int, subcode: int = 0, *, quoted: str = "") -> None:
        # Real messages quote what they were sent, so this one does.
        super().__init__(code, subcode)
        self.body = {
            "message": f"(#{code}) refused: {quoted}",
            "type": "OAuthException",
            "code": code,
            "error_subcode": subcode,
        }


@dataclass
class MetaApi:
    """The account's state, its access log, and the faults to come."""

    url: str = ""
    audiences: dict[str, Audience] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    requests: int = 0
    is_refusing_token: bool = False
    invalid: int = 0
    now: datetime = datetime(2026, 6, 30, 17, tzinfo=UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def nothing_unknown(self) -> None:
        assert self.unknown == []

    def members(self, audience: str) -> set[Row]:
        return self.audiences[audience].members

    def heed(self, method: str, path: str, query: dict[str, str], body: dict[str, str]) -> dict[str, Any]:
        """Do what a request asks; raises Refusal."""
        self._expire()
        parts = path.strip("/").split("/")
        # GUIDE, "Remove members": POST with `method` DELETE in its parameters is a DELETE.
        meant = (body.get("method", method), *parts[1:])
        account = f"act_{ACCOUNT}"
        if meant == ("GET", account, "customaudiences"):
            return self._listed(query)
        if meant == ("POST", account, "customaudiences"):
            return self._made(body)
        if method == "POST" and meant == ("DELETE", account, "usersofanyaudience"):
            return self._removed(list(self.audiences.values()), body, quoted=account)
        if len(parts) == 3 and parts[1] in self.audiences and method == "POST":
            key, edge = parts[1], (meant[0], parts[2])
            if edge == ("POST", "usersreplace"):
                return self._replaced(key, body)
            if edge == ("POST", "users"):
                return self._added(key, body)
            if edge == ("DELETE", "users"):
                return self._removed([self.audiences[key]], body, quoted=key)
        self.unknown.append(f"{meant[0]} {path}")
        raise Refusal(100, 33)

    def _expire(self) -> None:
        for audience in self.audiences.values():
            for upload in audience.uploads.values():
                # GUIDE, session fields: without a last batch a session ends 90 minutes after its first, with what it has.
                if not upload.is_ended and self.now - upload.began_at > LONGEST:
                    self._end(audience, upload)

    def _listed(self, query: dict[str, str]) -> dict[str, Any]:
        if set(query) - {"fields", "limit", "after"}:
            self.unknown.append(f"list by {sorted(query)}")
            raise Refusal(100)
        # GRAPH: `after` of `cursors` asks for the next page; `next` is there as long as there is one.
        size, start = int(query.get("limit", "25")), int(query.get("after", "0"))
        every = list(self.audiences.items())
        page = [{"id": key, **audience.fields} for key, audience in every[start : start + size]]
        wanted = {"id", *query.get("fields", "id").split(",")}
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + size)}}
        if start + size < len(every):
            paging["next"] = f"{self.url}/next"
        return {"data": [{key: each[key] for key in each if key in wanted} for each in page], "paging": paging}

    def _made(self, body: dict[str, str]) -> dict[str, Any]:
        # GUIDE, step 1: subtype CUSTOM, and where the contacts come from.
        if set(body) != {"name", "description", "subtype", "customer_file_source"} or body["subtype"] != "CUSTOM":
            raise Refusal(100)
        if body["customer_file_source"] != "USER_PROVIDED_ONLY":
            raise Refusal(100)
        number = str(23_850_000_000 + len(self.audiences))
        self.audiences[number] = Audience(
            {"name": body["name"], "subtype": "CUSTOM", "description": body["description"]}
        )
        return {"id": number}

    def _rows(self, body: dict[str, str]) -> tuple[dict[str, Any], list[str], list[Row]]:
        if set(body) - {"method"} != {"session", "payload"}:
            self.unknown.append(f"parameters {sorted(body)}")
            raise Refusal(100)
        session, payload = json.loads(body["session"]), json.loads(body["payload"])
        schema, rows = payload["schema"], [tuple(row) for row in payload["data"]]
        # USERS: 10,000 at a time; keys of the list; a two-dimensional array; blank where a key is unknown.
        # GUIDE, "Hashing": hexadecimal in lower case.
        is_fit = (
            set(session) == {"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"}
            and 0 < session["session_id"] < 2**63
            and session["batch_seq"] >= 1
            and not set(schema) - _KEYS
            and 0 < len(rows) <= MOST_ROWS
            and all(len(row) == len(schema) and any(row) for row in rows)
            and all(each == "" or _HASH.fullmatch(each) for row in rows for each in row)
        )
        if not is_fit:
            raise Refusal(100, quoted=str(rows[:2]))
        return session, schema, rows

    def _replaced(self, key: str, body: dict[str, str]) -> dict[str, Any]:
        audience = self.audiences[key]
        session, schema, rows = self._rows(body)
        upload = audience.uploads.get(session["session_id"])
        # GUIDE, "Replace users API common errors": all of them are 2650 with a subcode.
        if upload and self.now - upload.began_at > LONGEST:
            raise Refusal(2650, 1870158)
        if upload and upload.is_ended:
            raise Refusal(2650, 1870159)
        if not upload or session["batch_seq"] == 1:
            if session["batch_seq"] != 1:
                raise Refusal(2650, 1870147)
            # GUIDE, "Get started": no replacement while one is under way.
            if any(not other.is_ended for other in audience.uploads.values() if other is not upload):
                raise Refusal(2650, 1870145)
            # GUIDE, session fields: a session starts with batch_seq 1, and duplicates of that are to be avoided: they fail
            # the test, and the session starts anew, without what it had.
            if upload:
                self.unknown.append("batch 1 of a session a second time")
            upload = audience.uploads[session["session_id"]] = Upload(self.now, schema)
        if schema != upload.schema:
            raise Refusal(2650)
        upload.members |= set(rows)
        upload.received += len(rows)
        if session["last_batch_flag"]:
            self._end(audience, upload)
        return self._told(key, session, received=upload.received, rows=rows)

    def _end(self, audience: Audience, upload: Upload) -> None:
        upload.is_ended, audience.members = True, upload.members

    def _added(self, key: str, body: dict[str, str]) -> dict[str, Any]:
        audience = self.audiences[key]
        session, _, rows = self._rows(body)
        self._quiet(audience)
        audience.members |= set(rows)
        return self._told(key, session, received=len(rows), rows=rows)

    def _removed(self, audiences: list[Audience], body: dict[str, str], *, quoted: str) -> dict[str, Any]:
        session, _, rows = self._rows(body)
        for audience in audiences:
            self._quiet(audience)
            # The pages do not say what a row of several keys takes out: here, whoever has all that it names.
            for place in range(len(rows[0])):
                named = {row[place] for row in rows if row[place] and not any(row[:place] + row[place + 1 :])}
                audience.members = {each for each in audience.members if each[place] not in named}
            whole = {row for row in rows if all(row)}
            audience.members -= whole
        return self._told(quoted, session, received=len(rows), rows=rows)

    def _quiet(self, audience: Audience) -> None:
        # GUIDE, "Get started": nobody is added or removed during a replacement.
        if any(not upload.is_ended for upload in audience.uploads.values()):
            raise Refusal(2650, 1870145)

    def _told(self, key: str, session: dict[str, Any], *, received: int, rows: list[Row]) -> dict[str, Any]:
        # GUIDE, "Response": num_received is of the session so far; samples of what was sent come back.
        samples = {str(place): row[0] for place, row in enumerate(rows[:100])} if self.invalid else []
        return {
            "audience_id": key,
            "session_id": session["session_id"],
            "num_received": received,
            "num_invalid_entries": self.invalid,
            "invalid_entry_samples": samples,
        }


@contextmanager
def meta_api() -> Iterator[MetaApi]:
    """Serve on loopback until the end."""
    api = MetaApi()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: MetaApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = {key: values[0] for key, values in parse_qs(content, keep_blank_values=True).items()}
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        with self.api.lock:
            self.api.requests += 1
            # As a server's access log has it: the whole address.
            self.api.log.append(f"{method} {self.path}")
            fault = self.api.faults.pop(0) if self.api.faults else None
        if fault is None or fault.is_taken:
            status, answer = self._answer(method, parts.path, query, body)
        else:
            status, answer = fault.status, {"error": _worded(fault, quoted=content[:400])}
        if fault and fault.seconds:
            time.sleep(fault.seconds)
        if fault and fault.hangs_up:
            self.close_connection = True
            return
        self._send(status, answer, fault)

    def _answer(
        self, method: str, path: str, query: dict[str, str], body: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        try:
            # USERS, error codes: 190 for a token that is not taken.
            if self.api.is_refusing_token or self.headers.get("Authorization") != f"Bearer {TOKEN}":
                raise Refusal(190, quoted=str(self.headers.get("Authorization")))
            with self.api.lock:
                return 200, self.api.heed(method, path, query, body)
        except Refusal as refusal:
            return 400, {"error": refusal.body}

    def _send(self, status: int, answer: dict[str, Any], fault: Fault | None) -> None:
        text = (fault.page if fault and fault.page is not None else json.dumps(answer)).encode()
        try:
            self.send_response(status if not fault or fault.page is None else fault.status)
            for name, value in (fault.headers if fault else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        return


def _worded(fault: Fault, *, quoted: str) -> dict[str, Any]:
    words: dict[str, Any] = {"message": f"failed: {quoted}", "code": fault.code, "is_transient": fault.is_transient}
    return {**words, "error_subcode": fault.subcode} if fault.subcode else words


def throttled(*, minutes: int = 0, status: int = 400, code: int = 80003) -> Fault:
    """RATES: `X-Business-Use-Case-Usage` gives the minutes until access is regained."""
    entry = {"type": "custom_audience", "call_count": 100, "total_cputime": 25, "total_time": 25}
    usage = {ACCOUNT: [{**entry, "estimated_time_to_regain_access": minutes}]}
    return Fault(status=status, code=code, headers={"X-Business-Use-Case-Usage": json.dumps(usage)})


def drops(*, is_taken: bool) -> Fault:
    """The connection goes without an answer."""
    return Fault(is_taken=is_taken, hangs_up=True)
