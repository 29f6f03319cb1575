-- Question: which records were quarantined?
-- Grain:    one row per record, `letters` of them evenly over all days.
INSERT INTO dead_letters_log (topic, partition, offset, reason, raw, failed_at)
SELECT
    ['tiktok.posts.events', 'tiktok.users.snapshots', 'tiktok.comments.events'][1 + number % 3] AS topic,
    number % 12 AS partition,
    number * 700 AS offset,
    ['negative_counter: play_count=-1', 'undecodable: 7 bytes left', 'unknown_schema: id 99', 'future_clock: 3600 s ahead'][1 + cityHash64(number) % 4] AS reason,
    'AAAA' AS raw,
    addMilliseconds({start:DateTime64(3, 'UTC')}, intDiv(number * 1000 * ({days:UInt32} * 86400), {letters:UInt32})) AS failed_at
FROM numbers({letters:UInt32})
