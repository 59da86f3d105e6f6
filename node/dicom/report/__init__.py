"""The Structured Report, TID 1500."""
