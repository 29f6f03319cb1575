-- What the upstream itself says the hashtags are, in the newest response with the post; empty where it said nothing. Of the title it
-- is only if the newest title came with it.
ALTER TABLE posts_newest ADD COLUMN IF NOT EXISTS
    hashtags SimpleAggregateFunction(max, Tuple(observed_at DateTime64(3, 'UTC'), value Array(String)))
