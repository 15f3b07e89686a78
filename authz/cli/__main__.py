"""The command as a module: `python -m authz.cli`."""

from __future__ import annotations

from authz.cli import main

if __name__ == "__main__":
    main()
