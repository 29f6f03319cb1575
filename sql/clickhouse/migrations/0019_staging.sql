-- Staging views: raw responses of either upstream as typed columns in snake_case, a view per kind of response; only answers with http_status 200.
-- They read what no topic carries (signature, avatar_url, bio_link) and show what an upstream said; the marts come from the topics. Ids and
-- counters may be numbers or strings of digits upstream; what is missing or no whole number is NULL. A response that was landed twice has one
-- request_id and counts once.
-- Key: (request_id, user_id)
CREATE OR REPLACE VIEW stg_tiktok_users
(
    snapshot_at DateTime64(3, 'UTC'),
    user_id String,
    unique_id String,
    nickname String,
    sec_uid String,
    signature String,
    is_verified Nullable(UInt8),
    is_private Nullable(UInt8),
    avatar_url String,
    bio_link String,
    follower_count Nullable(Int64),
    following_count Nullable(Int64),
    heart_count Nullable(Int64),
    video_count Nullable(Int64),
    digg_count Nullable(Int64),
    region Nullable(String),
    upstream String,
    request_id UUID
)
AS WITH
    (object, name) -> toInt64OrNull(trim(BOTH '"' FROM JSONExtractRaw(object, name))) AS whole,
    (object, name) -> transform(JSONExtractRaw(object, name), ['true', '1', 'false', '0'], [1, 1, 0, 0], NULL) AS flag
SELECT DISTINCT
    snapshot_at,
    trim(BOTH '"' FROM JSONExtractRaw(profile, 'id')) AS user_id,
    JSONExtractString(profile, if(JSONHas(profile, 'uniqueId'), 'uniqueId', 'unique_id')) AS unique_id,
    JSONExtractString(profile, 'nickname') AS nickname,
    JSONExtractString(profile, if(JSONHas(profile, 'secUid'), 'secUid', 'sec_uid')) AS sec_uid,
    JSONExtractString(profile, 'signature') AS signature,
    flag(profile, 'verified') AS is_verified,
    flag(profile, 'privateAccount') AS is_private,
    JSONExtractString(profile, 'avatarLarger') AS avatar_url,
    if(JSONType(profile, 'bioLink') = 'Object', JSONExtractString(profile, 'bioLink', 'link'), JSONExtractString(profile, 'bioLink')) AS bio_link,
    whole(stats, 'followerCount') AS follower_count,
    whole(stats, 'followingCount') AS following_count,
    ifNull(whole(stats, 'heartCount'), whole(stats, 'heart')) AS heart_count,
    whole(stats, 'videoCount') AS video_count,
    whole(stats, 'diggCount') AS digg_count,
    nullIf(JSONExtractString(profile, 'region'), '') AS region,
    upstream,
    request_id
FROM
(
    SELECT
        ingested_at AS snapshot_at,
        upstream,
        request_id,
        if(upstream = 'tikapi', JSONExtractRaw(payload, 'userInfo'), payload) AS body,
        JSONExtractRaw(body, 'user') AS profile,
        JSONExtractRaw(body, if(JSONHas(body, 'stats') OR NOT JSONHas(body, 'statsV2'), 'stats', 'statsV2')) AS stats
    FROM raw_api_responses
    WHERE http_status = 200
        AND ((upstream = 'tikliveapi' AND endpoint IN ('/userinfo-by-id/', '/userinfo-by-username/')) OR (upstream = 'tikapi' AND endpoint = '/public/check'))
)
WHERE profile LIKE '{%'
COMMENT 'One row per profile in a response, as upstream gave it';

-- Key: (request_id, aweme_id)
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
COMMENT 'One row per post in a response, as upstream gave it';

-- Key: (request_id, comment_id)
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
COMMENT 'One row per comment in a response, as upstream gave it';
