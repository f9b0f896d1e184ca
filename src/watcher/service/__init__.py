"""The use cases: poll one feed, deliver what is due on one channel, and the sweeps between.

The daemon, `once` and the demo call these; nothing here knows when. Edges are awaited, the store works
on one writer thread, and each channel sends on a thread of its own, so that a slow one delays no other.
"""

from watcher.service.plan import Destination, Plan
from watcher.service.service import Service, gather_limited

__all__ = ["Destination", "Plan", "Service", "gather_limited"]
