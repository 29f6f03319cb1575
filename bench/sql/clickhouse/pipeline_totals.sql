-- Question: has the pipeline landed every observation, and judged every post-hour but the first of each post?
-- Grain:    one row.
SELECT
    (SELECT count() FROM post_observations) AS observations,
    (SELECT count() FROM trending_hourly) AS verdicts,
    (SELECT count() FROM follower_deltas) AS deltas
