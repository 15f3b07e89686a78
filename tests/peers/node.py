"""Programs of Node that a test holds a conversation with: lines of JSON in, lines of JSON out (`wire.mjs`)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass
class Conversation:
    """What is said to a running script, and what it answers."""

    process: subprocess.Popen[str]

    def hears(self) -> dict[str, Any]:
        """Return the next line that the script says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=60)[1]
        said: dict[str, Any] = json.loads(line)
        return said

    def says(self, **content: Any) -> None:
        """Tell the script something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(content) + "\n")
        self.process.stdin.flush()


@contextmanager
def conversing(script: str, **told: Any) -> Iterator[Conversation]:
    """Run a script of this folder, which must end well."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(["node", script], text=True, cwd=HERE, **pipes) as process:
        try:
            talk = Conversation(process)
            talk.says(**told)
            yield talk
            _, trouble = process.communicate(timeout=60)
            assert process.returncode == 0, trouble
        finally:
            process.kill()
