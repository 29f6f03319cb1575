-- The views that this database has, and the hash of the file that each was made from.
SELECT name, hash FROM schema_views FINAL ORDER BY name
