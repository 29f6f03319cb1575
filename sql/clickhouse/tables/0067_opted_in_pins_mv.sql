-- An entry by handle goes to the first account that is observed under it from then on, and stays with that one: whoever takes the handle
-- over later was not asked.
CREATE MATERIALIZED VIEW IF NOT EXISTS opted_in_pins_mv TO opted_in
AS SELECT
    lowerUTF8(observed.unique_id) AS unique_id,
    argMin(observed.userid, observed.observed_at) AS userid,
    1 AS is_opted_in,
    now64(3, 'UTC') AS decided_at
FROM user_observations_log AS observed
WHERE lowerUTF8(observed.unique_id) IN (SELECT opted_in.unique_id FROM opted_in FINAL WHERE opted_in.is_opted_in = 1 AND opted_in.userid = '')
    AND lowerUTF8(observed.unique_id) NOT IN (SELECT opted_in.unique_id FROM opted_in FINAL WHERE opted_in.is_opted_in = 1 AND opted_in.userid != '')
GROUP BY unique_id
