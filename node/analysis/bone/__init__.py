"""Step 5: the skeleton, bone by bone, from the marrow outwards."""
