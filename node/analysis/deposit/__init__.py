"""Steps 7 to 12 for each deposit: outline, measures, material, contact, words, and how sure all that is."""
