package io.tokpulse.flink.clickhouse;

import java.util.regex.Pattern;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.types.logical.ArrayType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.utils.LogicalTypeChecks;

/**
 * Which Flink type goes into which ClickHouse type without loss, and how. connectors/clickhouse/schema.py has the same pairs for the check
 * before submission.
 *
 * <p>Whole numbers keep their bits, widened with their sign: counters are never negative, so a signed type may go into the unsigned one of
 * its width. NULL in a column that is not Nullable is the type's default (0, empty, 1970-01-01), as ClickHouse has it for its other
 * formats: the rows of a format that marks bad records are nullable, whatever they hold.
 */
final class FieldEncoders {

    private static final Pattern MILLISECONDS = Pattern.compile("DateTime64\\(3(, '[^']*')?\\)");
    private static final int MILLISECOND_DIGITS = 3;

    private FieldEncoders() {}

    /** Null when {@code flink} cannot be written into {@code column}. */
    static FieldEncoder of(LogicalType flink, ColumnType column) {
        Pair pair = column.isArray() ? array(flink, column) : plain(flink, column.name());
        if (pair == null) {
            return null;
        }
        FieldEncoder value = pair.value();
        int zeros = pair.zeros();
        if (column.nullable()) {
            return (row, i, out) -> {
                boolean absent = row.isNullAt(i);
                out.writeByte(absent ? 1 : 0);
                if (!absent) {
                    value.encode(row, i, out);
                }
            };
        }
        if (!flink.isNullable()) {
            return value;
        }
        return (row, i, out) -> {
            if (row.isNullAt(i)) {
                out.writeZeros(zeros);
            } else {
                value.encode(row, i, out);
            }
        };
    }

    /** How a value that is not NULL is written, and the bytes of the type's default, which are all zero. */
    private record Pair(FieldEncoder value, int zeros) {}

    private static Pair plain(LogicalType flink, String column) {
        return switch (flink.getTypeRoot()) {
            case CHAR, VARCHAR ->
                    column.equals("String")
                            ? new Pair((row, i, out) -> out.writeString((BinaryStringData) row.getString(i)), 1)
                            : null;
            case BINARY, VARBINARY ->
                    column.equals("String") ? new Pair((row, i, out) -> out.writeString(row.getBinary(i)), 1) : null;
            case BOOLEAN ->
                    column.equals("UInt8") || column.equals("Bool")
                            ? new Pair((row, i, out) -> out.writeByte(row.getBoolean(i) ? 1 : 0), 1)
                            : null;
            case TINYINT -> whole(RowData::getByte, Byte.SIZE, column);
            case SMALLINT -> whole(RowData::getShort, Short.SIZE, column);
            case INTEGER -> whole(RowData::getInt, Integer.SIZE, column);
            case BIGINT -> whole(RowData::getLong, Long.SIZE, column);
            case FLOAT ->
                    switch (column) {
                        case "Float32" ->
                                new Pair((row, i, out) -> out.writeInt(Float.floatToRawIntBits(row.getFloat(i))), Float.BYTES);
                        case "Float64" ->
                                new Pair((row, i, out) -> out.writeLong(Double.doubleToRawLongBits(row.getFloat(i))), Double.BYTES);
                        default -> null;
                    };
            case DOUBLE ->
                    column.equals("Float64")
                            ? new Pair((row, i, out) -> out.writeLong(Double.doubleToRawLongBits(row.getDouble(i))), Double.BYTES)
                            : null;
            case TIMESTAMP_WITHOUT_TIME_ZONE, TIMESTAMP_WITH_LOCAL_TIME_ZONE -> time(LogicalTypeChecks.getPrecision(flink), column);
            default -> null;
        };
    }

    @FunctionalInterface
    private interface WholeNumber {

        long get(RowData row, int position);
    }

    /** {@code bits} is the width of the Flink type. */
    private static Pair whole(WholeNumber number, int bits, String column) {
        int width =
                switch (column) {
                    case "Int8", "UInt8" -> Byte.SIZE;
                    case "Int16", "UInt16" -> Short.SIZE;
                    case "Int32", "UInt32" -> Integer.SIZE;
                    case "Int64", "UInt64" -> Long.SIZE;
                    default -> 0;
                };
        if (width < bits) {
            return null;
        }
        return switch (width) {
            case Byte.SIZE -> new Pair((row, i, out) -> out.writeByte((int) number.get(row, i)), Byte.BYTES);
            case Short.SIZE -> new Pair((row, i, out) -> out.writeShort((int) number.get(row, i)), Short.BYTES);
            case Integer.SIZE -> new Pair((row, i, out) -> out.writeInt((int) number.get(row, i)), Integer.BYTES);
            default -> new Pair((row, i, out) -> out.writeLong(number.get(row, i)), Long.BYTES);
        };
    }

    /** Finer times than milliseconds would lose digits. */
    private static Pair time(int precision, String column) {
        if (precision > MILLISECOND_DIGITS || !MILLISECONDS.matcher(column).matches()) {
            return null;
        }
        return new Pair((row, i, out) -> out.writeLong(row.getTimestamp(i, precision).getMillisecond()), Long.BYTES);
    }

    private static Pair array(LogicalType flink, ColumnType column) {
        if (!(flink instanceof ArrayType type)) {
            return null;
        }
        FieldEncoder element = of(type.getElementType(), column.element());
        if (element == null) {
            return null;
        }
        ArrayData.ElementGetter getter = ArrayData.createElementGetter(type.getElementType());
        GenericRowData one = new GenericRowData(1);
        return new Pair(
                (row, i, out) -> {
                    ArrayData values = row.getArray(i);
                    out.writeLength(values.size());
                    for (int at = 0; at < values.size(); at++) {
                        one.setField(0, getter.getElementOrNull(values, at));
                        element.encode(one, 0, out);
                    }
                },
                1);
    }
}
