-- Posts of the person, from whatever table still has them.
SELECT aweme_id FROM post_observations_log WHERE author_id = {userid:String}
UNION DISTINCT
SELECT aweme_id FROM engagement_hourly_maxima WHERE author_id = {userid:String}
UNION DISTINCT
SELECT aweme_id FROM trending_hourly_log WHERE author_id = {userid:String}
UNION DISTINCT
SELECT aweme_id FROM velocity_30m_slices WHERE author_id = {userid:String}
UNION DISTINCT
SELECT aweme_id FROM fact_post_engagement_maxima WHERE author_id = {userid:String}
UNION DISTINCT
SELECT aweme_id FROM posts_newest WHERE tupleElement(posts_newest.author_id, 'value') = {userid:String}
