-- Raw profiles of either upstream as typed columns in snake_case; only answers with http_status 200. Staging views read what no
-- topic carries (signature, avatar_url, bio_link) and show what an upstream said; the marts come from the topics. Ids and counters
-- may be numbers or strings of digits upstream; what is missing or no whole number is NULL. A response that was landed twice has
-- one request_id and counts once.
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
