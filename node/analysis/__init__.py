"""Two energies in, findings and their voxels out; ``pipeline`` is the list of steps, the rooms follow it."""
