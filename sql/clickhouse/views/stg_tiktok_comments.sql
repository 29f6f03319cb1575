-- Raw comments of either upstream, as stg_tiktok_users has profiles.
CREATE OR REPLACE VIEW stg_tiktok_comments
(
    snapshot_at DateTime64(3, 'UTC'),
    comment_id String,
    video_id String,
    parent_id Nullable(String),
    text String,
    created_at Nullable(DateTime64(3, 'UTC')),
    digg_count Nullable(Int64),
    reply_total Nullable(Int64),
    user_id String,
    unique_id String,
    nickname String,
    region Nullable(String),
    upstream String,
    request_id UUID
)
AS WITH
    (object, name) -> toInt64OrNull(trim(BOTH '"' FROM JSONExtractRaw(object, name))) AS whole,
    (object, name) -> nullIf(replaceRegexpOne(trim(BOTH '"' FROM JSONExtractRaw(object, name)), '^null$', ''), '') AS identifier
SELECT DISTINCT
    snapshot_at,
    ifNull(identifier(comment, if(cid, 'cid', 'id')), '') AS comment_id,
    coalesce(identifier(comment, 'video_id'), identifier(comment, 'aweme_id'), extract(request_param, '(?:^|&)(?:aweme_id|media_id)=([^&]*)')) AS video_id,
    coalesce(identifier(comment, 'parent_id'), nullIf(identifier(comment, 'reply_id'), '0'), nullIf(extract(request_param, '(?:^|&)comment_id=([^&]*)'), '')) AS parent_id,
    JSONExtractString(comment, 'text') AS text,
    fromUnixTimestamp64Milli(whole(comment, 'create_time') * 1000, 'UTC') AS created_at,
    whole(comment, 'digg_count') AS digg_count,
    whole(comment, if(cid, 'reply_comment_total', 'reply_total')) AS reply_total,
    ifNull(identifier(writer, if(cid, 'uid', 'id')), '') AS user_id,
    JSONExtractString(writer, if(JSONHas(writer, 'uniqueId'), 'uniqueId', 'unique_id')) AS unique_id,
    JSONExtractString(writer, 'nickname') AS nickname,
    nullIf(JSONExtractString(writer, 'region'), '') AS region,
    upstream,
    request_id
FROM
(
    SELECT
        ingested_at AS snapshot_at,
        upstream,
        request_id,
        request_param,
        upstream = 'tikapi' AS cid,
        arrayJoin(JSONExtractArrayRaw(payload, 'comments')) AS comment,
        JSONExtractRaw(comment, 'user') AS writer
    FROM raw_api_responses
    WHERE http_status = 200
        AND ((upstream = 'tikliveapi' AND endpoint IN ('/post-comments/', '/post-comment-replies/'))
            OR (upstream = 'tikapi' AND endpoint IN ('/comment/list', '/comment/reply/list')))
)
WHERE JSONHas(comment, if(cid, 'cid', 'id'))
