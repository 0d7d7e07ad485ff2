"""The only code that knows the database."""
