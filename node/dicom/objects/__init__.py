"""From findings to objects: Segmentation, pictures, ``findings.json``, and what all objects share."""
