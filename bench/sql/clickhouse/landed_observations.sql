-- Question: how many observations have landed?
-- Grain:    one row.
SELECT count() AS observations
FROM post_observations
