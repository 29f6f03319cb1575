-- Which alerts there are outcomes of.
SELECT DISTINCT key FROM outcomes ORDER BY key
