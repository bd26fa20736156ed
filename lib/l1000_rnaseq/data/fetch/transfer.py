"""Download one file over HTTP into a .part file, which is resumed after a cut, a kill or a full disk."""

import json
import logging
import os
import re
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from tqdm import tqdm

from l1000_rnaseq.data.files.disk import human, is_full, not_written, write_text

logger = logging.getLogger(__name__)

CHUNK = 1 << 20
PLAIN = {"Accept-Encoding": "identity"}  # a Range counts the bytes as they are sent


class _CutError(Exception):
    """The attempt ended early; what arrived is kept and the next attempt resumes."""


class _AnewError(Exception):
    """What is kept belongs to another version of the file; begin from the first byte."""


CUT = (
    _CutError,
    ConnectionError,
    TimeoutError,
    requests.ConnectionError,
    requests.Timeout,
    urllib3.exceptions.HTTPError,
)


def remote_size(url: str, timeout: float) -> int | None:
    """Ask the server for the size of a file; None when it does not say, ConnectionError without an answer."""
    try:
        with requests.head(url, headers=PLAIN, timeout=timeout, allow_redirects=True) as response:
            length = response.headers.get("Content-Length", "")
            whole = response.ok and "Content-Encoding" not in response.headers and length.isdigit()
            return int(length) if whole and int(length) else None
    except (requests.ConnectionError, requests.Timeout) as error:
        raise ConnectionError(f"no answer from {urlsplit(url).netloc}") from error


@dataclass(frozen=True)
class ResumingDownloader:
    """A download that resumes.

    The bytes are gathered in ``part``. Beside it a note (.json) keeps url, length and version (ETag or
    Last-Modified), so that a changed file is never glued to an old beginning.

    Parameters
    ----------
    part
        Where unfinished bytes are kept.
    progress
        Show a tqdm bar.
    retries
        Attempts without a new byte after which it gives up. Default is 4.
    timeout
        Seconds without an answer that count as a cut. Default is 60.
    backoff
        Seconds before the first retry, doubled at each further one. Default is 1.
    size
        Bytes that the file has; a server that announces another number is refused at once.
    """

    part: Path
    progress: bool = True
    retries: int = 4
    timeout: float = 60.0
    backoff: float = 1.0
    size: int | None = None

    def bring(self, url: str, target: Path) -> None:
        """Download ``url``, resuming what is kept; the part gets the name ``target`` when it is whole."""
        failures, furthest, reason = 0, self._kept(), "no answer"
        while True:
            try:
                self._attempt(url)
                break
            except _AnewError as error:
                logger.info("%s: %s; starting anew", url, error)
                self._forget()
                reason = str(error)
            except CUT as error:
                reason = _reason(error)
            except requests.RequestException as error:
                raise ValueError(f"cannot download {url}: {_reason(error)}") from error
            except OSError as error:
                if not is_full(error):
                    raise
                kept = f"{human(self._kept())} ({self._kept()} bytes) are kept"
                raise not_written(error, self.part, kept) from None
            failures = 0 if self._kept() > furthest else failures + 1
            furthest = max(furthest, self._kept())
            if failures > self.retries:
                raise ConnectionError(self._gave_up(url, reason, failures))
            logger.info("%s: %s; %d bytes kept, trying again", url, reason, self._kept())
            time.sleep(min(60.0, self.backoff * 2 ** max(0, failures - 1)))
        os.replace(self.part, target)

    def _note(self) -> Path:
        return self.part.with_name(self.part.name + ".json")

    def _kept(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self._note().unlink(missing_ok=True)

    def _gave_up(self, url: str, reason: str, failures: int) -> str:
        kept, host = self._kept(), urlsplit(url).netloc
        what = f"the download of {url} stopped after {failures} attempts without progress ({reason})"
        if not kept:
            return f"{what}; nothing was kept: check the network (or proxy) and {host}, then run it again"
        return (
            f"{what}; {human(kept)} ({kept} bytes) are kept in {self.part} and the same command resumes there"
        )

    def _read_note(self, url: str) -> dict:
        try:
            note = json.loads(self._note().read_text(encoding="utf-8"))
        except (OSError, ValueError):
            note = {}
        if not isinstance(note, dict) or note.get("url") != url:
            self._forget()  # what is kept is of unknown origin
            return {}
        return note

    def _attempt(self, url: str) -> None:
        note = self._read_note(url)
        offset = self._kept()
        headers = dict(PLAIN)
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if note.get("version"):
                headers["If-Range"] = note["version"]
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            code, sent = (
                response.status_code,
                re.match(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", response.headers.get("Content-Range", "")),
            )
            if code == 416 and offset:
                if sent and sent[2] == str(offset) and note.get("total") in (None, offset):
                    return  # every byte is here already
                raise _AnewError(f"the server has no byte {offset} of it")
            if code == 206 and offset:
                version, total = _version(response), sent and sent[2]
                if not sent or sent[1] != str(offset) or (note.get("version") and version != note["version"]):
                    raise _AnewError("the file on the server is not the one that was begun")
                if note.get("total") and total not in ("*", str(note["total"])):
                    raise _AnewError("the length of the file on the server has changed")
            elif code == 200:
                offset = 0  # the first answer, a server without Range, or a changed file
            else:
                _refuse(url, code)
            self._write(url, response, offset)

    def _write(self, url: str, response: requests.Response, offset: int) -> None:
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        decode = encoded and not urlsplit(url).path.endswith(".gz")
        length = response.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdigit() and not decode else None
        if None not in (total, self.size) and total != self.size:
            self._forget()
            raise ValueError(
                f"the server says that {url} has {total:,} bytes; the manifest says {self.size:,}. Open the "
                "address in a browser: it may need an account, or its file has changed (then correct the "
                "manifest)"
            )
        if not offset:
            self.part.unlink(missing_ok=True)
        note = {"url": url, "version": None if decode else _version(response), "total": total}
        write_text(self._note(), json.dumps(note))
        bar = tqdm(
            total=total,
            initial=offset,
            unit="B",
            unit_scale=True,
            desc=self.part.name.removesuffix(".part"),
            disable=not self.progress,
        )
        with closing(bar), open(self.part, "ab") as handle:
            for chunk in response.raw.stream(CHUNK, decode_content=decode):
                handle.write(chunk)
                handle.flush()
                bar.update(len(chunk))
        if total is not None and self._kept() != total:
            raise _CutError(f"{self._kept()} of {total} bytes arrived")


def _version(response: requests.Response) -> str | None:
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified")


def _refuse(url: str, code: int) -> None:
    if code in (408, 425, 429) or code >= 500:
        raise _CutError(f"the server answered {code}")
    if code in (404, 410):
        raise FileNotFoundError(
            f"{url} is not there (the server answered {code}); its address in the manifest is out of date"
        )
    if code in (401, 403):
        raise PermissionError(
            f"{url} may not be downloaded (the server answered {code}); it needs an account or has moved"
        )
    raise OSError(f"{url} cannot be downloaded: expected the answer 200 or 206, got {code}")


def _reason(error: Exception) -> str:
    """Take the innermost words of a nested network error."""
    while True:
        inner = error.__cause__ or error.__context__ or getattr(error, "reason", None)
        if not isinstance(inner, Exception):
            break
        error = inner
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())[:200]
