"""The remedies of level 1, one file for each category. Each is a function from a situation to a plan, or to why not."""
