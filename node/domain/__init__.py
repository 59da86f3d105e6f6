"""The language of the house: frozen values and pure decisions. Imports nothing of ours."""
