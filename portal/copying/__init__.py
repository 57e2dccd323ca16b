"""A living installation moved from one database to another: SQLite to PostgreSQL, and back."""
