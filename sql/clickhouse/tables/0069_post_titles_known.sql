-- Titles that were observed before the table was there, as 0064 has them; a repetition writes rows that merge with themselves.
INSERT INTO post_titles_log (aweme_id, title, author_id, play_count, last_observed_at)
SELECT
    aweme_id,
    if(
        match(observed.title, '@|://'),
        replaceRegexpAll(replaceRegexpAll(observed.title, 'https?://\\S+', '[link]'), '[^\\s@]*@[^\\s@#]+', '[name]'),
        observed.title
    ) AS title,
    observed.author_id,
    max(observed.play_count) AS play_count,
    max(observed.ingested_at) AS last_observed_at
FROM post_observations_log AS observed
GROUP BY aweme_id, title, observed.author_id
