"""What the server lets through: no probes, no large or slow bodies, not too many requests of one address."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

REFUSED = ("/check", "/drs", "/ga4gh")  # paths that the form does not need: /check tells of any file here
LARGEST_BODY = 64 * 1024  # bytes: the form has 1 kB, two lists of 2,000 genes have 30
BODY_SECONDS = 10  # what a body may take to arrive
# outside fonts, scripts and pages are not even asked for
POLICY = "; ".join(
    f"{kind} {allowed}"
    for kind, allowed in {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": "'self' ws: wss: data:",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
        "object-src": "'none'",
    }.items()
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Limit(NamedTuple):
    """So many requests at once from an address, and so many a minute after that."""

    burst: int
    a_minute: int


def limits(a_minute: int) -> dict[str, Limit]:
    """Return the limits where an address may search so often a minute; questions to /api cost less."""
    return {"search": Limit(max(1, a_minute // 2), a_minute), "api": Limit(a_minute, 5 * a_minute)}


ADDRESSES = 10_000  # that are remembered


@dataclass
class Rates:
    """Counts requests by address: a bucket that fills again (the token bucket).

    Attributes
    ----------
    limits : dict, kind of request → Limit
    most : int
        Addresses that are remembered; the one that was seen longest ago is forgotten first.
    """

    limits: dict[str, Limit]
    most: int = ADDRESSES
    left: OrderedDict = field(default_factory=OrderedDict)

    def wait(self, kind: str, address: str, now: float) -> float:
        """Count a request; return 0 where it may go on, or the seconds until it may."""
        limit = self.limits[kind]
        tokens, before = self.left.pop((kind, address), (float(limit.burst), now))
        tokens = min(limit.burst, tokens + (now - before) * limit.a_minute / 60)
        is_free = tokens >= 1
        self.left[kind, address] = (tokens - is_free, now)
        while len(self.left) > self.most:
            self.left.popitem(last=False)
        return 0.0 if is_free else (1 - tokens) * 60 / limit.a_minute


def guard(rates: Rates):
    """Return the middleware: refuses, limits, and adds the headers that keep a page to this server."""
    from aiohttp import web

    @web.middleware
    async def guarded(request, handler):
        if any(request.path.startswith(path) for path in REFUSED) or ".." in request.raw_path:
            raise web.HTTPNotFound
        kind = _kind(request)
        if kind and (seconds := rates.wait(kind, _address(request), time.monotonic())):
            said = {"error": f"Too many requests from your address; ask again in {seconds:.0f} s."}
            return web.json_response(said, status=429, headers={"Retry-After": f"{seconds:.0f}"})
        try:
            answer = await (_post(request, handler) if request.method == "POST" else handler(request))
        except web.HTTPException as refused:
            refused.headers.update(HEADERS)
            raise
        if not answer.prepared:
            answer.headers.update(HEADERS)
        return answer

    return guarded


async def _post(request, handler):
    """Answer a POST whose body is small and comes in time."""
    from aiohttp import web

    if request.path.startswith("/socket.io"):
        return await handler(request)
    if (request.content_length or 0) > LARGEST_BODY or (
        request.content_length is None and request.body_exists
    ):
        said = f"The body is too large, or does not say its size; at most {LARGEST_BODY:,} bytes are taken."
        return web.json_response({"error": said}, status=413)
    try:
        # the handlers read the body themselves; once it has arrived they may take their time
        await asyncio.wait_for(request.content.wait_eof(), BODY_SECONDS)
    except (TimeoutError, ConnectionError):
        said = "The body did not arrive in time."
        return web.json_response({"error": said}, status=408, headers={"Connection": "close"})
    return await handler(request)


def _kind(request) -> str:
    if request.path.startswith("/api"):
        return "api"
    return "search" if request.method == "POST" and request.path == "/" else ""


def _address(request) -> str:
    """Return who asks; a proxy on this machine says for whom."""
    peer = request.remote or ""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return forwarded[:64] if forwarded and peer in ("127.0.0.1", "::1") else peer
