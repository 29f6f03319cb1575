-- Names of those who were not opted in are left out: with what panels and the search read of it, nobody could be found by them.
CREATE OR REPLACE VIEW ${DATABASE}_shared.creators
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT * REPLACE
(
    if(is_opted_in = 1, unique_id, '[masked]') AS unique_id,
    if(is_opted_in = 1, nickname, '[masked]') AS nickname
)
FROM creators
