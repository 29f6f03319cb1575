-- Question: which is the newest observation of each watched post in this table?
-- Grain:    one row per watched post that has rows since a moment; by its plays, which grow with every observation.
SELECT
    aweme_id,
    max(play_count) AS play_count
FROM {table:Identifier}
WHERE aweme_id IN {posts:Array(String)} AND {time:Identifier} >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
GROUP BY aweme_id
