-- What trending_hourly would be with everything known now, late observations included: computed anew from engagement_hourly, the
-- snapshots and the published thresholds. It differs from what was published only where late data came in, or a version was
-- backdated.
CREATE OR REPLACE VIEW trending_hourly_corrected
(
    aweme_id String,
    author_id String,
    window_start DateTime64(3, 'UTC'),
    window_end DateTime64(3, 'UTC'),
    play_count UInt64,
    prev_play_count UInt64,
    prev_window_end DateTime64(3, 'UTC'),
    gap_hours UInt16,
    delta_plays Int64,
    delta_plays_per_hour Float64,
    author_follower_count Nullable(UInt64),
    snapshot_status String,
    tier String,
    threshold Float64,
    threshold_version String,
    is_trending UInt8,
    is_away UInt8
)
AS WITH
    hours AS
    (
        SELECT
            aweme_id,
            author_id,
            window_start,
            window_end,
            play_count,
            (aweme_id, window_start) NOT IN (SELECT aweme_id, window_start FROM post_hours_away) AS is_base,
            anyLastIf(play_count, is_base) OVER before AS base,
            anyLastIf(window_end, is_base) OVER before AS base_end,
            row_number() OVER (PARTITION BY aweme_id ORDER BY window_start) AS place
        FROM engagement_hourly
        WHERE is_final = 1
        WINDOW before AS (PARTITION BY aweme_id ORDER BY window_start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),
    -- Posts that were seen to begin, and the last hour in which they were: for 31 days, their 0 is the base of a large count.
    begun AS
    (
        SELECT aweme_id, max(toStartOfHour(ingested_at)) AS begun_at
        FROM post_observations_log
        WHERE play_count = 0
            AND abs(intDiv(toUnixTimestamp64Milli(ingested_at), 1000) - intDiv(toUnixTimestamp64Milli(create_time), 1000)) < 3600
        GROUP BY aweme_id
    ),
    versions AS
    (
        SELECT
            1 AS one,
            version,
            effective_from,
            JSONExtractArrayRaw(content, 'trending', 'tiers') AS tiers,
            arrayMap(tier -> JSONExtractString(tier, 'name'), tiers) AS names,
            arrayMap(tier -> JSONExtractUInt(tier, 'from_followers'), tiers) AS bounds,
            arrayMap(tier -> JSONExtractFloat(tier, 'plays_per_hour'), tiers) AS rates,
            JSONExtractFloat(content, 'trending', 'unknown_authors', 'plays_per_hour') AS unknown_rate
        FROM
        (
            SELECT *, min(effective_from) OVER (ORDER BY sequence ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS replaced_from,
                count() OVER (ORDER BY sequence ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
            FROM threshold_versions
        )
        -- A version that was only planned when a later one took effect before it never came into force.
        WHERE later = 0 OR effective_from < replaced_from
    ),
    grown AS
    (
        SELECT
            hours.aweme_id AS aweme_id,
            hours.author_id AS author_id,
            hours.window_start AS window_start,
            hours.window_end AS window_end,
            hours.play_count AS play_count,
            hours.base = 0 AND hours.play_count >= 1000
                AND hours.window_start > addDays(ifNull(begun.begun_at, toDateTime(0, 'UTC')), 31) AS is_unfounded,
            hours.is_base = 0 AS is_away,
            is_away AND hours.play_count * 2 >= hours.base AS comes_back,
            if(is_unfounded OR comes_back, hours.play_count, hours.base) AS prev_play_count,
            hours.base_end AS prev_window_end,
            toUInt16(dateDiff('hour', hours.base_end, hours.window_end)) AS gap_hours,
            toInt64(hours.play_count) - toInt64(prev_play_count) AS delta_plays,
            delta_plays / gap_hours AS delta_plays_per_hour,
            ifNull(snapshots.known, 0) = 0 AS missing,
            if(missing, NULL, snapshots.follower_count) AS author_follower_count,
            multiIf(missing, 'missing', dateDiff('millisecond', snapshots.observed_at, hours.window_end) - 1 < 86400000, 'fresh', 'stale') AS snapshot_status,
            1 AS one
        FROM hours
        LEFT ANY JOIN begun ON hours.aweme_id = begun.aweme_id
        ASOF LEFT JOIN (SELECT userid, observed_at, follower_count, 1 AS known FROM follower_snapshots) AS snapshots
            ON hours.author_id = snapshots.userid AND hours.window_end > snapshots.observed_at
        WHERE hours.place > 1
    )
SELECT
    grown.aweme_id AS aweme_id,
    grown.author_id AS author_id,
    grown.window_start AS window_start,
    grown.window_end AS window_end,
    grown.play_count AS play_count,
    grown.prev_play_count AS prev_play_count,
    grown.prev_window_end AS prev_window_end,
    grown.gap_hours AS gap_hours,
    grown.delta_plays AS delta_plays,
    grown.delta_plays_per_hour AS delta_plays_per_hour,
    grown.author_follower_count AS author_follower_count,
    grown.snapshot_status AS snapshot_status,
    if(grown.missing, 'unknown', arrayElement(versions.names, arrayLastIndex(bound -> bound <= grown.author_follower_count, versions.bounds))) AS tier,
    if(grown.missing, versions.unknown_rate, arrayElement(versions.rates, arrayLastIndex(bound -> bound <= grown.author_follower_count, versions.bounds))) AS threshold,
    versions.version AS threshold_version,
    toUInt8(grown.delta_plays_per_hour > threshold) AS is_trending,
    toUInt8(grown.is_away) AS is_away
FROM grown
ASOF JOIN versions ON grown.one = versions.one AND grown.window_end >= versions.effective_from
