"""The `watcher` command."""
