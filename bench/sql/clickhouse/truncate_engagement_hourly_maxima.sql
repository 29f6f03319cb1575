-- Empties engagement_hourly_maxima between two measured runs, so that each of them really writes.
TRUNCATE TABLE engagement_hourly_maxima
