"""Flet's web client, cut down to what the PWA uses and patched: renderers, fonts, manifest, Pyodide, page."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from sync_server.pwa.patches import patched
from sync_server.pwa.problems import BuildFailed
from sync_server.pwa.sources import Sources

BASE = "/app/"
NAME = "Revisit 回访"
SHORT_NAME = "Revisit"
THEME_COLOR = "#1D4E6F"
PYODIDE_VERSION = "314.0.7"

# Chromium draws with skwasm; every other engine with canvaskit (Flutter allows skwasm on Chromium only).
RENDERERS: dict[str, tuple[str, ...]] = {
    "skwasm": ("main.dart.wasm", "main.dart.mjs", "canvaskit/skwasm.js", "canvaskit/skwasm.wasm"),
    "canvaskit": ("main.dart.js", "canvaskit/canvaskit.js", "canvaskit/canvaskit.wasm"),
}
CLIENT_FILES = (
    "flutter_bootstrap.js",
    "assets/AssetManifest.bin",
    "assets/AssetManifest.bin.json",
    "assets/fonts/MaterialIcons-Regular.otf",
    "assets/shaders/ink_sparkle.frag",
    "assets/shaders/stretch_effect.frag",
    "pyodide/pyodide.mjs",
    "pyodide/pyodide.asm.mjs",
    "pyodide/pyodide.asm.wasm",
)
# What the memory snapshot stands for.
PLAIN = ("python/libraries.zip", "python/app.zip", "pyodide/python_stdlib.zip")
# What draws PDF files: kept on the devices of those who hand one over, fetched after their first sync.
PAPER = ("python/paper.zip",)
# Licences: served, but not stored on every device.
ONLINE_ONLY = ("assets/NOTICES", "assets/fonts/OFL.txt")
OWN_SCRIPTS = (
    "page.js",
    "recorder.mjs",
    "python.js",
    "python-worker.js",
    "memory.mjs",
    "unpack.mjs",
    "platform.mjs",
    "pictures.mjs",
    "shrink.mjs",
    "handle_fs.mjs",
    "opfs.mjs",
    "indexed_db.mjs",
)

# Files of Flet that ours take the place of. Another hash means that Flet changed its protocol with them:
# compare the new ones with assets/pwa before changing a hash here.
REPLACED = {
    "index.html": "971ecd93a39b8258db024a9d9a4d48bc454bbaff342567bc7f90db4bf63fa3ee",
    "python.js": "067edcca8116732076fb2962067d3b5e739658ccf103cef7932f62904d32fbd5",
    "python-worker.js": "5c2f0c4ac3a7c2a8376226124942cfd29515a4abd95e97267fa4db371b94b947",
}


def check_replaced(client: Path) -> None:
    """Stop unless the installed client is the one that our page and worker were written for."""
    for name, expected in REPLACED.items():
        if hashlib.sha256((client / name).read_bytes()).hexdigest() != expected:
            raise BuildFailed(f"flet-web's {name} changed: compare it with assets/pwa and update client.py.")


def write_client(sources: Sources, out: Path) -> None:
    """Write the client's own files, patched, with our fonts, icons and scripts (not index.html and sw.js)."""
    check_replaced(sources.client)
    for name in (*CLIENT_FILES, *ONLINE_ONLY[:1], *(path for group in RENDERERS.values() for path in group)):
        source, target = sources.client / name, out / name
        if not source.is_file():
            raise BuildFailed(f"flet-web has no {name}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix in (".js", ".mjs"):
            target.write_text(patched(name, source.read_text("utf-8")), "utf-8")
        else:
            shutil.copyfile(source, target)
    fonts = out / "assets" / "fonts"
    for name in ("NotoSansSC-Regular.ttf", "blank.ttf", "OFL.txt"):
        shutil.copyfile(sources.assets / "fonts" / name, fonts / name)
    # The Chinese font stands in for Roboto, so that no text ever asks for a fallback font.
    manifest = [
        {"family": "Roboto", "fonts": [{"asset": "fonts/NotoSansSC-Regular.ttf"}]},
        {"family": "MaterialIcons", "fonts": [{"asset": "fonts/MaterialIcons-Regular.otf"}]},
    ]
    (out / "assets" / "FontManifest.json").write_text(json.dumps(manifest), "utf-8")
    _write_lockfile(sources.client, out)
    for script in OWN_SCRIPTS:
        shutil.copyfile(sources.assets / "pwa" / script, out / script)
    icons = sources.assets / "icons"
    (out / "icons").mkdir(exist_ok=True)
    for icon in sorted(icons.glob("*.png")):
        shutil.copyfile(
            icon, out / "favicon.png" if icon.name == "favicon.png" else out / "icons" / icon.name
        )
    (out / "manifest.json").write_text(json.dumps(_web_manifest(), ensure_ascii=False, indent=1), "utf-8")


def _write_lockfile(client: Path, out: Path) -> None:
    """Pyodide reads its lock file at start; all packages come from our archives, so it need not list any."""
    found = json.loads((client / "pyodide" / "package.json").read_text("utf-8"))["version"]
    if found != PYODIDE_VERSION:
        raise BuildFailed(f"flet-web carries Pyodide {found}, not {PYODIDE_VERSION}.")
    lock = json.loads((client / "pyodide" / "pyodide-lock.json").read_text("utf-8"))
    (out / "pyodide" / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}), "utf-8")


def _web_manifest() -> dict[str, Any]:
    icons = [
        {"src": f"icons/icon-{purpose}{size}.png", "sizes": f"{size}x{size}", "type": "image/png", **extra}
        for purpose, extra in (("", {}), ("maskable-", {"purpose": "maskable"}))
        for size in (192, 512)
    ]
    return {
        "id": BASE,
        "name": NAME,
        "short_name": SHORT_NAME,
        "start_url": BASE,
        "scope": BASE,
        "display": "standalone",
        "orientation": "any",
        "background_color": "#FFFFFF",
        "theme_color": THEME_COLOR,
        "lang": "zh-CN",
        "icons": icons,
    }


def page(sources: Sources, build: str, *, snapshot: bool, words: dict[str, dict[str, str]]) -> str:
    """index.html of one build. `words` are the few texts shown before Python runs, by language."""
    flet = {
        "pyodide": True,
        "multiView": False,
        "noCdn": True,
        "webSocketEndpoint": "",
        "entrypointBaseUrl": BASE,
        "assetBase": BASE,
        "routeUrlStrategy": "hash",
        "canvasKitBaseUrl": f"{BASE}canvaskit/",
        "fontFallbackBaseUrl": "assets/fonts/",
        "pythonModuleName": sources.module,
        "snapshot": snapshot,
    }
    values = {
        "BASE": BASE,
        "NAME": NAME,
        "DESCRIPTION": words["zh_CN"]["description"],
        "THEME_COLOR": THEME_COLOR,
        "BUILD": build,
        "WORDS": json.dumps(words, ensure_ascii=False),
        # flutterAppLoaded is part of what flutter_bootstrap.js expects of the page
        "FLET": json.dumps(flet)
        + "; flet.flutterAppLoaded = new Promise((resolve) => { flet.flutterAppResolve = resolve; })",
    }
    return filled((sources.assets / "pwa" / "index.html").read_text("utf-8"), values)


def filled(template: str, values: dict[str, str]) -> str:
    """The template with every __NAME__ replaced; a value that the template does not ask for is an error."""
    for name, value in values.items():
        if f"__{name}__" not in template:
            raise BuildFailed(f"The template has no place for {name}.")
        template = template.replace(f"__{name}__", value)
    return template
