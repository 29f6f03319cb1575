-- Empties comments_log between two measured runs, so that each of them really writes.
TRUNCATE TABLE comments_log
