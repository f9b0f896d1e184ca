"""Builds the Service out of Settings and keeps time for it.

APScheduler is the clock, the store is the schedule: a tick claims what is due, as much as there is room
for, so that a backlog never becomes a flood of tasks. Import from the modules: a single round needs no scheduler.
"""
