-- Question: who is this creator, as last observed in the range?
-- Grain:    one row; none when the profile was not observed. Names are pseudonyms for who may not see them.
SELECT
    userid,
    argMax(unique_id, observed_at) AS handle,
    argMax(nickname, observed_at) AS display_name,
    if(argMax(is_verified, observed_at) = 1, 'yes', 'no') AS verified,
    if(argMax(is_private, observed_at) = 1, 'yes', 'no') AS private,
    ifNull(argMax(tuple(region), observed_at).1, '') AS country,
    argMax(follower_count, observed_at) AS followers,
    argMax(following_count, observed_at) AS following,
    argMax(video_count, observed_at) AS videos,
    argMax(heart_count, observed_at) AS hearts,
    max(observed_at) AS last_observed
FROM user_observations
WHERE observed_at >= {time_from:DateTime64(3, 'UTC')} AND observed_at < {time_to:DateTime64(3, 'UTC')}
    -- The table lies by the hour: said in its own terms, the engine finds the place.
    AND toStartOfHour(observed_at) >= toStartOfHour({time_from:DateTime64(3, 'UTC')})
    AND toStartOfHour(observed_at) <= toStartOfHour({time_to:DateTime64(3, 'UTC')})
    AND userid = {creator:String}
GROUP BY userid
LIMIT 1
