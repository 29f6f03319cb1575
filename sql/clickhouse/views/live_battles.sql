-- A battle is what was last told of it. Teams are hosts; the one with the highest score leads, and nobody where two have it.
CREATE OR REPLACE VIEW live_battles
(
    room_id String,
    battle_id String,
    author_id String,
    began_at DateTime64(3, 'UTC'),
    told_at DateTime64(3, 'UTC'),
    battle_status Nullable(Int64),
    battle_duration Nullable(UInt64),
    hosts Array(String),
    scores Array(Int64),
    leading_host String
)
AS WITH
    argMax((log.teams, log.battle_status), (observed_at, kafka_offset)) AS newest,
    JSONExtract(newest.1, 'Array(Tuple(hostUserId String, score Int64))') AS teams
SELECT
    room_id,
    subject_id AS battle_id,
    max(log.author_id) AS author_id,
    min(observed_at) AS began_at,
    max(observed_at) AS told_at,
    newest.2 AS battle_status,
    max(log.battle_duration) AS battle_duration,
    arrayMap(team -> team.1, teams) AS hosts,
    arrayMap(team -> team.2, teams) AS scores,
    if(countEqual(scores, arrayMax(scores)) = 1, hosts[indexOf(scores, arrayMax(scores))], '') AS leading_host
FROM (SELECT * FROM live_observations_log FINAL WHERE event = 'battle') AS log
GROUP BY room_id, battle_id
