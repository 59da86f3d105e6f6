"""One study, from its instances to the files of its result."""
