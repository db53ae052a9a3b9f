"""Runs one piece of work on a machine that its server knows only through this program.

It asks the server what to do, fetches the inputs, runs the commands, and sends what they print, their outs
and how they ended. Plain Python, 3.8 or newer, nothing but the standard library, so that it runs wherever
Python does. The files of this folder, one after the other, are that program. All bytes are known by their SHA-256, checked here on arrival and by the server on theirs. The
token is good for this one piece of work, and no command sees it.
"""

import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

CHUNK = 1024 * 1024
LOG_PART = 256 * 1024
LOG_WAITING = 8 * 1024 * 1024
GIVE_UP_SECONDS = 30 * 60
LEFTOVERS = {"__pycache__", ".git", ".hg", ".dvc", ".gyre", ".ipynb_checkpoints"}


class Refused(Exception):
    """The server said no, and would say it again."""

    def __init__(self, status, text):
        super().__init__("%d: %s" % (status, text[:300]))
        self.status = status
        self.text = text


class Trouble(Exception):
    """What keeps the work from being done, in words for people."""

    def __init__(self, kind, message, last_lines=()):
        super().__init__(message)
        self.kind = kind
        self.last_lines = [line[:1000] for line in list(last_lines)[-20:]]


class Server:
    """Calls that are repeated until they get an answer: a server may be away for a while."""

    def __init__(self, address, work, token):
        self.url = urllib.parse.urlsplit(address)
        self.base = self.url.path.rstrip("/") + "/api/v1/compute/work/" + work
        self.token = token
        self.local = threading.local()

    def connection(self):
        if getattr(self.local, "connection", None) is None:
            secure = self.url.scheme == "https"
            make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self.local.connection = make(self.url.netloc, timeout=120)
        return self.local.connection

    def close(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def call(self, method, path, body=None, kind="application/json", into=None, patience=GIVE_UP_SECONDS):
        """`body` is bytes or a function that opens a file; `into` takes the answer's chunks."""
        deadline, pause = time.monotonic() + patience, 0.1
        while True:
            try:
                return self.once(method, path, body, kind, into)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if getattr(error, "errno", None) == 28:
                    raise
                if time.monotonic() > deadline:
                    raise Trouble("transfer", "The server could not be reached for %d minutes: %s" % (patience // 60, error))
            time.sleep(pause)
            pause = min(pause * 2, 5)

    def once(self, method, path, body, kind, into):
        connection = self.connection()
        headers = {"x-gyre-work-token": self.token, "connection": "keep-alive"}
        content = body() if callable(body) else body
        try:
            if content is not None:
                headers["content-type"] = kind
                size = os.fstat(content.fileno()).st_size if callable(body) else len(content)
                headers["content-length"] = str(size)
            connection.request(method, self.base + path, body=content, headers=headers)
            response = connection.getresponse()
            if response.status in (429, 500, 502, 503, 504):
                text = response.read().decode("utf-8", "replace")
                if '"disk_full"' in text:
                    log_note("the server's disk is full; trying again")
                raise OSError("the server answered %d: %s" % (response.status, text[:200]))
            if response.status >= 400:
                raise Refused(response.status, response.read().decode("utf-8", "replace"))
            if into is None:
                return response.read()
            for chunk in iter(lambda: response.read(CHUNK), b""):
                into(chunk)
            return b""
        finally:
            if callable(body):
                content.close()

    def ask(self, method, path, value=None, patience=GIVE_UP_SECONDS):
        body = None if value is None else json.dumps(value).encode()
        answer = self.call(method, path, body, patience=patience)
        return json.loads(answer) if answer else None


def log_note(text):
    print("gyre: " + text, file=sys.stderr, flush=True)


class Printed:
    """What was printed, on its way to the server: in order, without holes, in bounded memory."""

    def __init__(self, server, limit):
        self.server, self.limit = server, limit
        self.waiting, self.sent, self.seen = bytearray(), 0, 0
        self.change = threading.Condition()
        self.closed, self.broken = False, None
        self.sender = threading.Thread(target=self.send, daemon=True)
        self.sender.start()

    def write(self, data):
        """False when the data passed the limit, up to which it was taken."""
        kept = data[: max(0, self.limit - self.seen)]
        self.seen += len(kept)
        sys.stdout.buffer.write(kept)
        sys.stdout.buffer.flush()
        with self.change:
            while len(self.waiting) > LOG_WAITING and self.broken is None:
                self.change.wait()
            self.waiting += kept
            self.change.notify_all()
        return len(kept) == len(data)

    def send(self):
        try:
            while True:
                with self.change:
                    while not self.waiting and not self.closed:
                        self.change.wait()
                    part = bytes(self.waiting[:LOG_PART])
                if not part:
                    return
                taken = self.deliver(part)
                with self.change:
                    del self.waiting[:taken]
                    self.sent += taken
                    self.change.notify_all()
                if taken < LOG_PART:
                    time.sleep(0.05)
        except BaseException as error:
            with self.change:
                self.broken = error
                self.change.notify_all()

    def deliver(self, part):
        path = "/log?from=%d" % self.sent
        try:
            answer = self.server.call("POST", path, part, "application/octet-stream")
        except Refused as error:
            if error.status != 409:
                raise
            # The server's machine went down and lost the end of the log: what follows still counts.
            self.sent = json.loads(error.text)["data"]["nextByte"]
            return 0
        return max(0, min(len(part), json.loads(answer)["nextByte"] - self.sent))

    def close(self):
        with self.change:
            self.closed = True
            self.change.notify_all()
        self.sender.join()
        if self.broken is not None:
            raise self.broken
