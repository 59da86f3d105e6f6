"""The journal (SQLite or PostgreSQL) and the blobs: implements what the use cases ask for."""
