"""The cache of the namespace of a zone, and how long entries are kept in it."""
