"""Tools on a limb's grid of voxels: where there is anything, filters, connected bodies, water levels, axes."""
