"""Serve a built PWA: `/` leads to `/app/`; files go out compressed, cached by content, never from outside."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from sync_server.pwa.client import BASE
from sync_server.pwa.service_worker import content_hash

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".zip": "application/zip",
    ".bin": "application/octet-stream",
    ".frag": "text/plain; charset=utf-8",
    ".png": "image/png",
}
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
FONT_FOLDER = "assets/fonts/"
BLANK_FONT = FONT_FOLDER + "blank.ttf"
HIDDEN = {".br", ".gz"}


def _content_type(path: Path) -> str:
    return CONTENT_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def _accepted(header: str) -> set[str]:
    """Encodings of an Accept-Encoding header whose weight is not zero."""
    accepted: set[str] = set()
    for entry in header.split(","):
        name, _, parameters = entry.strip().partition(";")
        weight = parameters.replace(" ", "").removeprefix("q=")
        try:
            refused = bool(weight) and float(weight) == 0
        except ValueError:
            refused = True
        if name and not refused:
            accepted.add(name.strip().lower())
    return accepted


class _Files:
    """The files of one build folder and their content hashes, computed once per change of a file."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._hashes: dict[Path, tuple[int, int, str]] = {}

    def find(self, name: str) -> Path | None:
        """The file of a URL path below BASE, or None. Unknown fonts are answered with the blank one."""
        path = (self.root / (name or "index.html")).resolve()
        if not path.is_relative_to(self.root) or path.suffix in HIDDEN:
            return None
        if path.is_file():
            return path
        return self.find(BLANK_FONT) if name.startswith(FONT_FOLDER) and name != BLANK_FONT else None

    def hash(self, path: Path) -> str:
        """The content hash of a file, as the service worker knows it."""
        stat = path.stat()
        known = self._hashes.get(path)
        if known is None or known[:2] != (stat.st_mtime_ns, stat.st_size):
            known = (stat.st_mtime_ns, stat.st_size, content_hash(path.read_bytes()))
            self._hashes[path] = known
        return known[2]

    def respond(self, path: Path, request: Request) -> Response:
        """The file in the best encoding the client takes, or 304 when it has this content."""
        tag = self.hash(path)
        # A URL that names the content may be kept for ever; the others are asked about each time.
        named = request.query_params.get("h") == tag
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if named else "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            # weak: the same content in another encoding has the same tag
            "ETag": f'W/"{tag}"',
        }
        if f'"{tag}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        accepted = _accepted(request.headers.get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS:
            compressed = path.with_name(path.name + suffix)
            if encoding in accepted and compressed.is_file():
                return FileResponse(
                    compressed,
                    media_type=_content_type(path),
                    headers={**headers, "Content-Encoding": encoding},
                )
        return FileResponse(path, media_type=_content_type(path), headers=headers)


def mount_pwa(app: FastAPI, root: Path) -> None:
    """Serve the build in `root` at /app/ and lead `/` there. Mount it after the API's own routes."""
    files = _Files(root)

    async def pwa(request: Request) -> Response:
        name = str(request.path_params["name"])
        path = files.find(name)
        return files.respond(path, request) if path else Response(status_code=404)

    async def home(_: Request) -> Response:
        return RedirectResponse(BASE, status_code=307)

    for place in ("/", BASE.rstrip("/")):
        app.add_route(place, home, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route(BASE + "{name:path}", pwa, methods=["GET", "HEAD"], include_in_schema=False)
