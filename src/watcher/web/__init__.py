"""The dashboard and the addresses that machines ask: an extra (`pip install watcher[web]`)."""
