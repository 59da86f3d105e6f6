"""What a person asks: how is the node, why was a study treated so, what was found; and for another try."""
