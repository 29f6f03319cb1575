-- 0048 has told them over.
ALTER TABLE posts_newest
    DROP COLUMN IF EXISTS author_id,
    DROP COLUMN IF EXISTS title,
    DROP COLUMN IF EXISTS region,
    DROP COLUMN IF EXISTS duration,
    DROP COLUMN IF EXISTS create_time
