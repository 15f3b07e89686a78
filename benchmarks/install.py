"""The peers' own software: installed once from their locks into a folder that git ignores."""

from __future__ import annotations

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from benchmarks.processes import StartFailed

PEERS = Path(__file__).with_name("peers")
CACHE = Path(__file__).with_name(".cache")


def oidc_provider() -> Path:
    """Install npm oidc-provider beside its server file and return the folder."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise StartFailed("the peer oidc-provider needs node 20 or later and npm on the PATH")
    source, folder = PEERS / "oidc-provider", CACHE / "oidc-provider"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.js", "store.js"):
        shutil.copy(source / name, folder / name)
    _once(folder, source / "package-lock.json", [["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"]])
    return folder


def django() -> Path:
    """Install django-oauth-toolkit into an environment of its own and return the folder of its programs."""
    folder, lock = CACHE / "django", PEERS / "django" / "requirements.txt"
    folder.mkdir(parents=True, exist_ok=True)
    programs = folder / "env" / "bin"
    pip = [
        str(programs / "pip"),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(lock),
    ]
    _once(folder, lock, [[sys.executable, "-m", "venv", "--clear", str(folder / "env")], pip])
    return programs


def _once(folder: Path, lock: Path, commands: list[list[str]]) -> None:
    """Run the commands unless this lock is installed already; a broken install is begun again."""
    stamp, wanted = folder / "installed", sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    stamp.unlink(missing_ok=True)
    print(f"installing the peer {folder.name} (once)", file=sys.stderr, flush=True)
    for command in commands:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StartFailed(f"{' '.join(command[:3])} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    stamp.write_text(wanted)
