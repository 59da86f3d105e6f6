"""Names of bones, side of the hand, and place of deposits, from the geometry of one limb's bones alone."""
