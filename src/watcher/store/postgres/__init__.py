"""The store on PostgreSQL 15 or newer (extra `postgres`), behind the same verbs and lists as the one on SQLite.

The statements are shared and written in what both dialects know. Here is only what differs: how to connect and find
out who writes (`connection`), the tables (`tables`), words to search (`words`), and what a lost connection means (`store`).
"""
