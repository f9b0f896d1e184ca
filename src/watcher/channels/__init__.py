"""Alerts → messages → out: rendering for each service, and sending.

`render.render` makes a Message, `senders.open_all` gives a channel's destinations, `secrets.Scrubber` keeps
what must not be shown out of every text.
"""

from watcher.channels.message import Message as Message
from watcher.channels.message import Part as Part
from watcher.channels.message import Service as Service
