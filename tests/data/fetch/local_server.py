"""A local HTTP server with Range support and faults on demand, for the tests of downloading."""

import hashlib
import io
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import h5py
import numpy as np
from l1000_rnaseq.data.fetch.manifest import Dataset


def hdf5(seed: int) -> bytes:
    """An HDF5 file of 3 MB that no compression makes smaller."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("x", data=np.random.default_rng(seed).random(375_000), track_times=False)
    return content.getvalue()


BODY, OTHER = hdf5(0), hdf5(1)
QUICK = {"progress": False, "retries": 1, "timeout": 5, "backoff": 0}
SHA = hashlib.sha256(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves ``server.body``, or the files of ``server.folder``.

    ``server.cuts`` holds after how many bytes the next answers are cut.
    """

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(send=False)

    def do_GET(self):
        self.answer(send=True)

    def body(self):
        if self.server.folder is None:
            return self.server.body
        path = self.server.folder / unquote(self.path).lstrip("/")
        return path.read_bytes() if path.is_file() else None

    def answer(self, send):
        server, body, start = self.server, self.body(), 0
        if send:
            server.requests.append(dict(self.headers))
        if server.code != 200 or body is None:
            self.send_response(404 if body is None else server.code)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        asked = self.headers.get("Range")
        if asked and server.ranges and self.headers.get("If-Range", server.etag) == server.etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206 if start < len(body) else 416)
            if start < len(body):
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                self.send_header("Content-Range", f"bytes */{len(body)}")
        else:
            self.send_response(200)
        self.send_header("ETag", server.etag)
        if server.says_length:
            self.send_header("Content-Length", str(len(body) - start))
        else:
            self.close_connection = True
        self.end_headers()
        if not send:
            return
        end = start + server.cuts.pop(0) if server.cuts else len(body)
        for at in range(start, min(end, len(body)), 50_000):
            self.wfile.write(body[at : min(at + 50_000, end)])
            time.sleep(server.pause)
        if end < len(body):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # the client was killed, on purpose


@contextmanager
def serving():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.body, httpd.etag, httpd.code, httpd.ranges = BODY, '"v1"', 200, True
    httpd.folder = None
    httpd.cuts, httpd.requests, httpd.pause, httpd.says_length = [], [], 0, True
    httpd.url = f"http://127.0.0.1:{httpd.server_port}/matrix.h5"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield httpd
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def one(url, sha256=SHA, **changes):
    entry = Dataset("matrix", "rnaseq/matrix.h5", url, None, sha256, None, False, "none", "nobody", ("test",))
    return {"matrix": replace(entry, **changes)}


def only_final(data):
    """The names in a data folder after a good end: the file and the record."""
    return sorted(str(path.relative_to(data)) for path in data.rglob("*") if path.is_file())
