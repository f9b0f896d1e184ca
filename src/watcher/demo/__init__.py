"""A sample news day of our own making, served from loopback to the real daemon."""
