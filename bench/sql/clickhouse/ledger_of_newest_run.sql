-- Question: what did the run that wrote last count of the posts?
-- Grain:    one row.
SELECT read, counted, late + beyond_bound AS late
FROM pipeline_ledger
WHERE topic = 'tiktok.posts.events'
ORDER BY updated_at DESC
LIMIT 1
