"""The schema's history; Alembic reads these files wherever the package is installed."""
