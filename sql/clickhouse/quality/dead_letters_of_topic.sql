-- Question: which records of a topic were quarantined since then?
-- Grain:    one row per record.
SELECT partition, offset
FROM dead_letters
WHERE topic = {topic:String} AND failed_at >= {since:DateTime64(3, 'UTC')}
