"""Posted text -> checked values and errors."""
