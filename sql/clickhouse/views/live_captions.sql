CREATE OR REPLACE VIEW live_captions
(
    room_id String,
    caption_id String,
    author_id String,
    observed_at DateTime64(3, 'UTC'),
    speaker String,
    language String,
    text String
)
AS SELECT room_id, event_id AS caption_id, author_id, observed_at, speaker, language, text
FROM live_observations_log FINAL
WHERE event = 'caption' AND ifNull(is_final, 1) = 1
