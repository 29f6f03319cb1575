-- Question: is every comment there, scored, and with the followers of its writer?
-- Grain:    one row.
SELECT
    count() AS comments,
    countIf(sentiment_label != 'neutral') AS felt,
    countIf(follower_count IS NOT NULL) AS known_writers
FROM comments_enriched
