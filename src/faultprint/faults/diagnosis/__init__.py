"""From numbers to verdicts and their evidence."""
