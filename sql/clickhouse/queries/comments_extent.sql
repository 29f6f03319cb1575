-- Question: how much is in comments_enriched, how far does it reach, and for how many commenters is there no snapshot?
-- Grain:    one row. Seconds are Unix time; 0 when the table is empty.
SELECT
    count() AS rows_held,
    toUnixTimestamp(max(ingested_at)) AS newest,
    countIf(snapshot_status = 'missing') AS missing
FROM comments_enriched
