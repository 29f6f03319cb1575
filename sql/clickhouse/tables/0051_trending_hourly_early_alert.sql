-- Whether a momentum alert went before the verdict on the hour.
ALTER TABLE trending_hourly_log ADD COLUMN IF NOT EXISTS early_alert_at Nullable(DateTime64(3, 'UTC')) AFTER is_away
