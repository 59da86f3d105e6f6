"""Steps 5, 6 and 8: which mineral is bone, which a look-alike, which a deposit, and which is for a reader to say."""
