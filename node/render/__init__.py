"""Arrays to pictures: RGB arrays, which know nothing of files."""
