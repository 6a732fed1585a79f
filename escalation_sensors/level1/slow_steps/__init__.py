"""Steps that succeeded and took far longer than usual: seen at their end, improved by a job, proved by the next run."""
