-- A read view in which nothing is personal, shown as it is to those who may see the masked views only. One instance for each such
-- view, <view>; where something is personal, views/shared/<view>.sql says how it is masked, else it is not shown at all.
CREATE OR REPLACE VIEW ${DATABASE}_shared.<view>
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT *
FROM <view>
