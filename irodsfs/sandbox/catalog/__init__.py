"""The catalog in SQLite: its tables, who may see what in them, and both query languages."""
