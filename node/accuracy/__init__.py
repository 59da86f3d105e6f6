"""How right an analysis is: findings and their voxels against exact truth, and the table of measures with its targets.

Truth is in the one format of the development cases (``node.phantom.truth`` writes it too); the rules of what counts as
found, false or well placed stand in ``overlap`` and ``listing``, the targets in ``measures``.
"""
