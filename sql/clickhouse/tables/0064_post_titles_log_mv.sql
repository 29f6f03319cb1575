-- Names and links go as in the masked view of posts, once for each observation and never in a search.
CREATE MATERIALIZED VIEW IF NOT EXISTS post_titles_log_mv TO post_titles_log
AS SELECT
    aweme_id,
    if(
        match(observed.title, '@|://'),
        replaceRegexpAll(replaceRegexpAll(observed.title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]'),
        observed.title
    ) AS title,
    author_id,
    play_count,
    ingested_at AS last_observed_at
FROM post_observations_log AS observed
