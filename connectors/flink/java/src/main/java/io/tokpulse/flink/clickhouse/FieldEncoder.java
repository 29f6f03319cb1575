package io.tokpulse.flink.clickhouse;

import org.apache.flink.table.data.RowData;

/** Writes one field of a row in RowBinary. */
@FunctionalInterface
interface FieldEncoder {

    void encode(RowData row, int position, RowBinaryBuffer out);
}
