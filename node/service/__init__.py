"""The use cases, a room for each part of the way of a study; ``ports`` is what they need from the outside."""
