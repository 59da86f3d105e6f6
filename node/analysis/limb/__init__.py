"""Steps 1 and 2: from the scan to limbs, their two energies laid over each other, and their noise."""
