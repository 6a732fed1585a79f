"""What this platform can do for level 1's remedies: probe sources, tell and bring back versions, improve layouts."""
