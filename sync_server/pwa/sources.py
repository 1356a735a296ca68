"""Where the build's inputs are, and one hash over all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import flet_web

from sync_server.pwa.problems import BuildFailed

SKIPPED = {"__pycache__", ".DS_Store"}


def files_under(folder: Path) -> list[Path]:
    """All files below a folder in a fixed order, without caches."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not SKIPPED.intersection(path.parts) and path.suffix != ".pyc"
    ]


def digest(parts: Iterable[bytes | str]) -> str:
    """SHA-256 over parts with their lengths, in hex."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


@dataclass(frozen=True)
class Sources:
    """The inputs of a build. `root` is a checkout or the site-packages of an installed wheel."""

    root: Path
    module: str = "field_app.main"
    packages: tuple[Path, ...] = ()
    """Further Python packages for the archive (the tests' own small app)."""
    client: Path = field(default_factory=lambda: Path(flet_web.get_package_web_dir()))

    @property
    def assets(self) -> Path:
        """The folder `assets`, in a checkout or in an installed wheel."""
        for place in (self.root / "assets", self.root / "sync_server" / "_bundle" / "assets"):
            if place.is_dir():
                return place
        raise BuildFailed(f"There is no folder assets under {self.root}.")

    @property
    def lock(self) -> Path:
        """requirements/web.txt: the wheels of the browser archive, pinned and hashed."""
        for place in (self.root / "requirements" / "web.txt", self.assets / "pwa" / "web.txt"):
            if place.is_file():
                return place
        raise BuildFailed(f"There is no requirements/web.txt under {self.root}.")

    def app_packages(self) -> list[Path]:
        """The Python packages of the app archive."""
        packages = [self.root / "field_app", self.root / "shared_models", *self.packages]
        for package in packages:
            if not package.is_dir():
                raise BuildFailed(f"There is no package {package}.")
        return packages

    def app_assets(self) -> dict[str, Path]:
        """Files of `assets` that the app reads at run time: archive path -> file. Nothing else is shipped."""
        return {
            f"assets/{path.relative_to(self.assets).as_posix()}": path
            for path in sorted(self.assets.glob("messages/*.mo"))
        }

    def fingerprint(self, *options: str) -> str:
        """One hash over every input; equal hashes mean an equal build."""
        inputs = [*files_under(self.assets / "pwa"), *files_under(self.assets / "icons")]
        inputs += [*files_under(self.assets / "fonts"), *files_under(Path(__file__).parent), self.lock]
        inputs += self.app_assets().values()
        for package in self.app_packages():
            inputs += files_under(package)
        parts: list[bytes | str] = [version("flet-web"), self.module, *options]
        for path in inputs:
            parts += [path.name, path.read_bytes()]
        return digest(parts)
