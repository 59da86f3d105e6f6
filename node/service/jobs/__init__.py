"""Studies as jobs: grouped and paired, leased, run in workers, concluded."""
