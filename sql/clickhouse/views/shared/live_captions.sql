-- Without what people said.
CREATE OR REPLACE VIEW ${DATABASE}_shared.live_captions
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE
(
    '[redacted]' AS text
)
FROM live_captions
