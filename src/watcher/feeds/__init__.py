"""URL → Document → Entries: fetching, parsing and finding feeds.

Nothing is imported here: parser processes load only `feeds.parse`, not the HTTP client.
"""
