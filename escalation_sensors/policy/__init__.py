"""The policy: what level 1 may do by category, what may be installed, and the file it is read from."""
