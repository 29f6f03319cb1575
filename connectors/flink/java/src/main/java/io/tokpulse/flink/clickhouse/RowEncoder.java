package io.tokpulse.flink.clickhouse;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Writes batches in the format RowBinaryWithNamesAndTypes: a header, then rows, column by column in the order of the Flink table. A value's
 * bytes say nothing of its type; the header is what keeps them from being read as another one when the table has been altered meanwhile.
 */
final class RowEncoder {

    private final List<String> names;
    private final List<String> types;
    private final FieldEncoder[] fields;

    private RowEncoder(List<String> names, List<String> types, FieldEncoder[] fields) {
        this.names = names;
        this.types = types;
        this.fields = fields;
    }

    /**
     * For rows of {@code columns} into the table that has {@code found}, by name. Columns of the table that are not among them get their
     * defaults. Raises {@link ClickHouseSchemaException} for the first column that does not fit.
     */
    static RowEncoder of(String table, RowType columns, TableColumns found) throws ClickHouseSchemaException {
        List<String> types = new ArrayList<>();
        List<FieldEncoder> fields = new ArrayList<>();
        for (RowType.RowField column : columns.getFields()) {
            String name = column.getName();
            String declared = found.types().get(name);
            if (declared == null) {
                throw new ClickHouseSchemaException(table, "it has no column " + name + ", which is " + column.getType() + " in Flink");
            }
            FieldEncoder field = FieldEncoders.of(column.getType(), ColumnType.of(declared));
            if (field == null) {
                throw new ClickHouseSchemaException(
                        table, "column " + name + " is " + column.getType() + " in Flink and " + declared + " in ClickHouse");
            }
            types.add(declared);
            fields.add(field);
        }
        return new RowEncoder(columns.getFieldNames(), types, fields.toArray(new FieldEncoder[0]));
    }

    /** What a batch begins with. */
    void begin(RowBinaryBuffer out) {
        out.writeLength(names.size());
        names.forEach(out::writeString);
        types.forEach(out::writeString);
    }

    void encode(RowData row, RowBinaryBuffer out) {
        for (int i = 0; i < fields.length; i++) {
            fields[i].encode(row, i, out);
        }
    }
}
