-- What a room's connections cover is the union of the times in which they were open. A gap lies between its begin, as far as anybody knew
-- of the room, and its end; or the last sign of life where it has no end yet: what is behind that nobody knows so far.
CREATE OR REPLACE VIEW live_gaps
(
    room_id String,
    author_id String,
    began_at DateTime64(3, 'UTC'),
    ended_at DateTime64(3, 'UTC'),
    close_name String,
    room_began_at DateTime64(3, 'UTC'),
    room_known_until DateTime64(3, 'UTC')
)
AS SELECT
    room_id,
    author_id,
    gap.1 AS began_at,
    gap.2 AS ended_at,
    gap.3 AS close_name,
    room_began_at,
    room_known_until
FROM
(
    SELECT
        room_id,
        max(host) AS author_id,
        arraySort(groupArrayIf((from_at, until_at, name), kind = 'open')) AS spans,
        minIf(from_at, kind != 'ended') AS room_began_at,
        max(until_at) AS room_known_until,
        arrayPushFront
        (
            arrayMap
            (
                place -> (arrayMax(span -> span.2, arraySlice(spans, 1, place)), if(place = length(spans), room_known_until, spans[place + 1].1)),
                arrayEnumerate(spans)
            ),
            (room_began_at, if(empty(spans), room_known_until, spans[1].1))
        ) AS between,
        arrayMap
        (
            pair -> (pair.1, pair.2, arrayFirst(span -> span.2 = pair.1, spans).3),
            arrayFilter(pair -> pair.2 > pair.1, between)
        ) AS gaps
    FROM
    (
        SELECT room_id, 'open' AS kind, assumeNotNull(connected_at) AS from_at, ifNull(closed_at, alive_at) AS until_at, close_name AS name, '' AS host
        FROM live_connections FINAL
        WHERE connected_at IS NOT NULL
        UNION ALL
        SELECT room_id, toString(change) AS kind, observed_at AS from_at, observed_at AS until_at, '' AS name, author_id AS host
        FROM live_room_changes_log
        WHERE change IN ('started', 'ended')
    )
    GROUP BY room_id
)
ARRAY JOIN gaps AS gap
