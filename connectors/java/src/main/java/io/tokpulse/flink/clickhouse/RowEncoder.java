package io.tokpulse.flink.clickhouse;

import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/** Writes whole rows in RowBinary, column by column in the order of the Flink table. */
final class RowEncoder {

    private final FieldEncoder[] fields;

    private RowEncoder(FieldEncoder[] fields) {
        this.fields = fields;
    }

    /**
     * For rows of {@code columns} into the table that has {@code found}, by name. Columns of the table that are not among them get their
     * defaults. Raises {@link ClickHouseSchemaException} for the first column that does not fit.
     */
    static RowEncoder of(String table, RowType columns, TableColumns found) throws ClickHouseSchemaException {
        List<RowType.RowField> wanted = columns.getFields();
        FieldEncoder[] fields = new FieldEncoder[wanted.size()];
        for (int i = 0; i < fields.length; i++) {
            RowType.RowField column = wanted.get(i);
            String declared = found.types().get(column.getName());
            if (declared == null) {
                throw new ClickHouseSchemaException(
                        table,
                        "it has no column " + column.getName() + ", which is " + column.getType() + " in Flink");
            }
            fields[i] = FieldEncoders.of(column.getType(), ColumnType.of(declared));
            if (fields[i] == null) {
                throw new ClickHouseSchemaException(
                        table,
                        "column " + column.getName() + " is " + column.getType() + " in Flink and " + declared + " in ClickHouse");
            }
        }
        return new RowEncoder(fields);
    }

    void encode(RowData row, RowBinaryBuffer out) {
        for (int i = 0; i < fields.length; i++) {
            fields[i].encode(row, i, out);
        }
    }
}
