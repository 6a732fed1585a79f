"""Level 1, self-recovery: at most two attempts within a budget, each with a remedy that fits the cause."""
