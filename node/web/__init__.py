"""The page: the queue and the findings for people, the same as JSON for programs, health and metrics. Reads only."""
