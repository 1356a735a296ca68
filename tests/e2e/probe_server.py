"""Serves a built PWA and a few routes that misbehave on purpose. usage: probe_server.py FOLDER PORT"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response

from sync_server.pwa.serve import mount_pwa

app = FastAPI()


@app.post("/api/echo")
async def echo(request: Request) -> Response:
    """The body as it came."""
    return Response(await request.body())


@app.get("/api/teapot")
async def teapot() -> Response:
    """An answer that is an error."""
    return Response(status_code=418)


@app.get("/api/slow")
async def slow() -> Response:
    """An answer that nobody waits for."""
    await asyncio.sleep(5)
    return Response()


if __name__ == "__main__":
    mount_pwa(app, Path(sys.argv[1]))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
