-- The newest word about each post, creator or hashtag counts: it is silent until `until`.
CREATE OR REPLACE VIEW alert_mutes
(
    aweme_id String,
    userid String,
    hashtag String,
    until DateTime64(3, 'UTC'),
    made_at DateTime64(3, 'UTC'),
    author String,
    comment String
)
AS SELECT
    aweme_id,
    userid,
    hashtag,
    argMax(log.until, log.made_at) AS until,
    max(log.made_at) AS made_at,
    argMax(log.author, log.made_at) AS author,
    argMax(log.comment, log.made_at) AS comment
FROM alert_mutes_log AS log FINAL
GROUP BY aweme_id, userid, hashtag
