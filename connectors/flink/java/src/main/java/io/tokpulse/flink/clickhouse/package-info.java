/**
 * Table connector {@code clickhouse}: every row of an {@code INSERT INTO} becomes a row of a ClickHouse table, at least once.
 *
 * <p>The way of a row: {@link io.tokpulse.flink.clickhouse.ClickHouseWriter} has {@link io.tokpulse.flink.clickhouse.RowEncoder} append it,
 * in ClickHouse's format RowBinary, to a {@link io.tokpulse.flink.clickhouse.RowBinaryBuffer}. A buffer that is full, or old, or before a
 * checkpoint, goes to {@link io.tokpulse.flink.clickhouse.BatchSender}, whose thread inserts it with
 * {@link io.tokpulse.flink.clickhouse.ClickHouse} and tries again as {@link io.tokpulse.flink.clickhouse.Retry} says, while the task fills
 * the other buffer.
 */
package io.tokpulse.flink.clickhouse;
