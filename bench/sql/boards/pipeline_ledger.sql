-- Question: what became of the records that a run read?
-- Grain:    one row per topic and partition, as a run of a month leaves them, and one per quarantined record.
INSERT INTO pipeline_ledger_entries (job, run_id, topic, path, kafka_partition, bucket, valid, counted, late, quarantined)
SELECT
    'pipeline' AS job,
    'bench' AS run_id,
    topic,
    path,
    kafka_partition,
    bucket,
    valid,
    valid - late AS counted,
    late,
    quarantined
FROM
(
    SELECT
        arrayJoin(['tiktok.posts.events', 'tiktok.users.snapshots', 'tiktok.comments.events']) AS topic,
        'read' AS path,
        toInt32(number) AS kafka_partition,
        toInt64(toUnixTimestamp({start:DateTime64(3, 'UTC')})) AS bucket,
        1000000 + number AS valid,
        number % 7 AS late,
        0 AS quarantined
    FROM numbers(24)
    UNION ALL
    SELECT topic, 'quarantine' AS path, partition AS kafka_partition, offset AS bucket, 0 AS valid, 0 AS late, 1 AS quarantined
    FROM dead_letters
)
