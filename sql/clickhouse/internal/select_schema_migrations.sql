-- The numbered files that this database has.
SELECT version, name, hash FROM schema_migrations FINAL ORDER BY version
