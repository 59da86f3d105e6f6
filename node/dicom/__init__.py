"""Bytes to the language of the house, and back."""
