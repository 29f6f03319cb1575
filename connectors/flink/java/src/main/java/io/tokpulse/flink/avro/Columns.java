package io.tokpulse.flink.avro;

import org.apache.flink.avro.shaded.org.apache.avro.JsonProperties;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.TimestampType;

import java.util.Map;

/** Which column types can show which Avro types, and the row values of both. */
final class Columns {

    private Columns() {}

    /**
     * Whether a column can show every value of a (non-null, non-record) Avro type; numbers may widen. A timestamp
     * column shows {@code timestamp-millis} and, as event time, also a plain long, whose unit is then known.
     */
    static boolean canShow(Schema avro, LogicalType column, boolean isEventTime) {
        LogicalTypeRoot root = column.getTypeRoot();
        return switch (avro.getType()) {
            case STRING -> root == LogicalTypeRoot.VARCHAR;
            case BYTES, FIXED -> root == LogicalTypeRoot.VARBINARY;
            case BOOLEAN -> root == LogicalTypeRoot.BOOLEAN;
            case INT -> root == LogicalTypeRoot.INTEGER || isWiderThanInt(root);
            case LONG -> isWiderThanInt(root) || isMillis(column) && (isEventTime || isTimestampMillis(avro));
            case FLOAT -> root == LogicalTypeRoot.FLOAT || root == LogicalTypeRoot.DOUBLE;
            case DOUBLE -> root == LogicalTypeRoot.DOUBLE;
            default -> false;
        };
    }

    private static boolean isWiderThanInt(LogicalTypeRoot root) {
        return root == LogicalTypeRoot.BIGINT || root == LogicalTypeRoot.FLOAT || root == LogicalTypeRoot.DOUBLE;
    }

    private static boolean isMillis(LogicalType column) {
        return column instanceof LocalZonedTimestampType zoned && zoned.getPrecision() == 3
                || column instanceof TimestampType plain && plain.getPrecision() == 3;
    }

    private static boolean isTimestampMillis(Schema avro) {
        return avro.getLogicalType() != null && avro.getLogicalType().getName().endsWith("timestamp-millis");
    }

    /** The row value of a whole number in a column of that type. */
    static Object ofLong(LogicalTypeRoot column, long value) {
        return switch (column) {
            case INTEGER -> (int) value;
            case BIGINT -> value;
            case FLOAT -> (float) value;
            case DOUBLE -> (double) value;
            default -> TimestampData.fromEpochMillis(value);
        };
    }

    /** The row value of a field's default, which Avro's parser has checked against the field's type. */
    static Object ofDefault(ReaderRecord.ReaderField field, Object value) {
        if (value == null || value == JsonProperties.NULL_VALUE) {
            return null;
        }
        if (field.record() != null) {
            GenericRowData row = new GenericRowData(field.record().arity());
            for (ReaderRecord.ReaderField inner : field.record().fields()) {
                if (inner.target() >= 0) {
                    row.setField(inner.target(), ofDefault(inner, ((Map<?, ?>) value).get(inner.field().name())));
                }
            }
            return row;
        }
        LogicalTypeRoot root = field.column().getTypeRoot();
        return switch (field.value().getType()) {
            case STRING -> StringData.fromString(value.toString());
            case INT, LONG -> ofLong(root, ((Number) value).longValue());
            case FLOAT, DOUBLE -> root == LogicalTypeRoot.FLOAT
                    ? (Object) ((Number) value).floatValue()
                    : (Object) ((Number) value).doubleValue();
            default -> value;
        };
    }
}
