"""From files to domain: headers without trusting them, pixels by a pool of threads."""
