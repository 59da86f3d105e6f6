"""Writing CT series as scanners do: for the phantom."""
