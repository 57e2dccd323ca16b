"""One world in which every text has a word of its own, and what each person gets to see of it."""
