-- Question: which thresholds were in force?
-- Grain:    one row per version.
INSERT INTO threshold_versions_log (version, sequence, effective_from, published_at, author, comment, content_hash, content)
SELECT
    concat('v', toString(number + 1), '-00000000') AS version,
    number + 1 AS sequence,
    if(number = 0, toDateTime64(0, 3, 'UTC'), addDays({start:DateTime64(3, 'UTC')}, intDiv({days:UInt32}, 2))) AS effective_from,
    effective_from AS published_at,
    'bench' AS author,
    'simulated' AS comment,
    repeat('0', 64) AS content_hash,
    '{"trending":{"tiers":[{"name":"small","from_followers":0,"plays_per_hour":6000},{"name":"mid","from_followers":10000,"plays_per_hour":30000},{"name":"big","from_followers":1000000,"plays_per_hour":200000}],"unknown_authors":{"plays_per_hour":100000}},"followers":{"gains":[{"gained":500,"within_hours":2}]}}' AS content
FROM numbers(2)
