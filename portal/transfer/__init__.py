"""Everything of the portal as CSV files: taken in all or nothing, and given out again (SPEC 6)."""
