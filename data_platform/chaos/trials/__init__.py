"""The trials, a file for each kind: level 1 must do nothing about them."""
