"""Attacks as they happened elsewhere, tried here. SECURITY.md names the test behind each promise."""
