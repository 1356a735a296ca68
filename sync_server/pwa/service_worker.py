"""The service worker of one build: which files it keeps, in which group, under which content hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sync_server.pwa.client import BASE, ONLINE_ONLY, PAPER, PLAIN, RENDERERS, filled

HASH_DIGITS = 16
UNLISTED = {"index.html", "sw.js", "build.json"}
SNAPSHOT = "python/snapshot.bin"
COMPRESSED = {".br", ".gz"}


def content_hash(data: bytes) -> str:
    """The hash by which the service worker and the server name one version of a file."""
    return hashlib.sha256(data).hexdigest()[:HASH_DIGITS]


def file_groups(out: Path) -> dict[str, dict[str, str]]:
    """URL path -> content hash by group: "core" is kept on every device, a renderer where it is used.

    "paper" is kept where the app asks for it. With a snapshot, "plain" is what only a start without it
    needs: kept where the snapshot has failed.
    """
    wanted = {**RENDERERS, "paper": PAPER}
    if (out / SNAPSHOT).is_file():
        wanted["plain"] = PLAIN
    groups: dict[str, dict[str, str]] = {"core": {}, **{name: {} for name in wanted}}
    group_of = {path: name for name, paths in wanted.items() for path in paths}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if not path.is_file() or path.suffix in COMPRESSED or name in UNLISTED or name in ONLINE_ONLY:
            continue
        groups[group_of.get(name, "core")][BASE + name] = content_hash(path.read_bytes())
    return groups


def build_id(groups: dict[str, dict[str, str]], page_template: str) -> str:
    """Names a build by all of its content."""
    text = json.dumps(groups, sort_keys=True) + page_template
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def worker_script(template: str, build: str, groups: dict[str, dict[str, str]], index: str) -> str:
    """sw.js of one build; the page itself is kept under BASE."""
    listed = {**groups, "core": {**groups["core"], BASE: content_hash(index.encode())}}
    return filled(template, {"BUILD": build, "BASE": BASE, "GROUPS": json.dumps(listed)})
