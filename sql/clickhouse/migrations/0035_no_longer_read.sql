-- What 0034 took the place of. A migration of its own, for 0034 reads one of these tables and may be repeated.
DROP VIEW IF EXISTS velocity_30m_extremes_mv;
DROP TABLE IF EXISTS velocity_30m_extremes;
DROP VIEW IF EXISTS hashtag_hourly_from_maxima;
DROP VIEW IF EXISTS hashtag_hourly_maxima_mv;
DROP TABLE IF EXISTS hashtag_hourly_maxima;
