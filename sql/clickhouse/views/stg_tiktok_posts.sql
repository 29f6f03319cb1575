-- Raw posts of either upstream, as stg_tiktok_users has profiles.
CREATE OR REPLACE VIEW stg_tiktok_posts
(
    snapshot_at DateTime64(3, 'UTC'),
    aweme_id String,
    author_user_id String,
    region Nullable(String),
    title String,
    duration Nullable(Int64),
    play String,
    wmplay String,
    hdplay Nullable(String),
    play_count Nullable(Int64),
    digg_count Nullable(Int64),
    comment_count Nullable(Int64),
    share_count Nullable(Int64),
    download_count Nullable(Int64),
    collect_count Nullable(Int64),
    created_at Nullable(DateTime64(3, 'UTC')),
    upstream String,
    request_id UUID
)
AS WITH
    (object, name) -> toInt64OrNull(trim(BOTH '"' FROM JSONExtractRaw(object, name))) AS whole,
    (object, name) -> replaceRegexpOne(trim(BOTH '"' FROM JSONExtractRaw(object, name)), '^null$', '') AS identifier
SELECT DISTINCT
    snapshot_at,
    identifier(post, if(nested, 'id', 'aweme_id')) AS aweme_id,
    coalesce(
        nullIf(identifier(post, 'author_id'), ''),
        nullIf(identifier(post, 'author_user_id'), ''),
        nullIf(identifier(JSONExtractRaw(post, 'author'), 'id'), ''),
        nullIf(identifier(JSONExtractRaw(post, 'author'), 'userid'), ''),
        extract(request_param, '(?:^|&)userid=([^&]*)')
    ) AS author_user_id,
    nullIf(JSONExtractString(post, if(nested, 'locationCreated', 'region')), '') AS region,
    JSONExtractString(post, if(nested, 'desc', 'title')) AS title,
    whole(media, 'duration') AS duration,
    JSONExtractString(media, if(nested, 'playAddr', 'play')) AS play,
    JSONExtractString(media, if(nested, 'downloadAddr', 'wmplay')) AS wmplay,
    nullIf(JSONExtractString(media, 'hdplay'), '') AS hdplay,
    whole(stats, if(nested, 'playCount', 'play_count')) AS play_count,
    whole(stats, if(nested, 'diggCount', 'digg_count')) AS digg_count,
    whole(stats, if(nested, 'commentCount', 'comment_count')) AS comment_count,
    whole(stats, if(nested, 'shareCount', 'share_count')) AS share_count,
    whole(stats, if(nested, 'downloadCount', 'download_count')) AS download_count,
    whole(stats, if(nested, 'collectCount', 'collect_count')) AS collect_count,
    fromUnixTimestamp64Milli(whole(post, if(nested, 'createTime', 'create_time')) * 1000, 'UTC') AS created_at,
    upstream,
    request_id
FROM
(
    SELECT
        ingested_at AS snapshot_at,
        upstream,
        request_id,
        request_param,
        upstream = 'tikapi' AS nested,
        arrayJoin(multiIf(
            endpoint = '/user-posts/', JSONExtractArrayRaw(payload, 'videos'),
            endpoint = '/post-detail/', [payload],
            endpoint = '/public/video', [JSONExtractRaw(payload, 'itemInfo', 'itemStruct')],
            JSONExtractArrayRaw(payload, 'itemList')
        )) AS post,
        if(nested, JSONExtractRaw(post, 'video'), post) AS media,
        multiIf(NOT nested, post, JSONHas(post, 'stats') OR NOT JSONHas(post, 'statsV2'), JSONExtractRaw(post, 'stats'), JSONExtractRaw(post, 'statsV2')) AS stats
    FROM raw_api_responses
    WHERE http_status = 200
        AND ((upstream = 'tikliveapi' AND endpoint IN ('/user-posts/', '/post-detail/'))
            OR (upstream = 'tikapi' AND endpoint IN ('/public/posts', '/public/hashtag', '/public/video')))
)
WHERE JSONHas(post, if(nested, 'id', 'aweme_id'))
