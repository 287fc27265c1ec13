"""Which vital signs are understood, by LOINC code, in which units, and what a reader takes for a slip of the hand."""
