-- How many accounts are shown by name, and how many stay masked.
SELECT
    (SELECT count() FROM creator_names) AS by_name,
    (SELECT uniqExact(userid) FROM creators_newest) - by_name AS masked
