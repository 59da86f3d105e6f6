"""Received and stored: an instance is durable, or in quarantine with its reason, before there is an answer."""
