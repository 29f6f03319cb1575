-- Question: which models scored the comments?
-- Grain:    one row per model, most comments first.
SELECT
    sentiment_model AS model,
    count() AS comments,
    max(ingested_at) AS newest,
    countIf(snapshot_status = 'missing') / comments AS unknown_writers
FROM comments_enriched
WHERE ingested_at >= {time_from:DateTime64(3, 'UTC')} AND ingested_at < {time_to:DateTime64(3, 'UTC')}
GROUP BY model
ORDER BY comments DESC, model
LIMIT {limit:UInt32}
