"""Where results go, and their way there until the peer has taken responsibility."""
