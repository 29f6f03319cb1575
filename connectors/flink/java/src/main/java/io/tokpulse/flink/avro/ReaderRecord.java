package io.tokpulse.flink.avro;

import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The reader's schema cut down to what is read: the fields that a column shows or a rule checks. Made when the table
 * is planned, so that a column that the schema cannot fill is refused before a job starts.
 */
final class ReaderRecord {

    /**
     * One field that is read.
     *
     * @param path names from the root, joined by dots
     * @param field in the reader's schema
     * @param value its type without null
     * @param nullable whether the reader's schema allows null
     * @param target position in the row, or -1 when only a rule reads it
     * @param column type of the column, or null when only a rule reads it
     * @param check rule of the field, or null
     * @param record its fields, when it is a record
     */
    record ReaderField(
            String path,
            Schema.Field field,
            Schema value,
            boolean nullable,
            int target,
            LogicalType column,
            LongCheck check,
            ReaderRecord record) {}

    private final Schema schema;
    private final int arity;
    private final Map<String, ReaderField> fields = new LinkedHashMap<>();
    private final Map<String, ReaderField> aliases = new HashMap<>();

    private ReaderRecord(Schema schema, int arity) {
        this.schema = schema;
        this.arity = arity;
    }

    /**
     * The root. Raises {@link ValidationException} for a column that is not in the schema, has another type or is
     * NOT NULL (a bad record is a row of nulls), and for a rule about a field that is not a whole number.
     */
    static ReaderRecord of(Schema schema, RowType columns, RecordRules rules) {
        if (schema.getType() != Schema.Type.RECORD) {
            throw new ValidationException("Option 'schema' is a " + schema.getType().getName() + ", not a record.");
        }
        for (RowType.RowField column : columns.getFields()) {
            if (!column.getType().isNullable()) {
                throw new ValidationException(
                        "Column " + column.getName() + " is NOT NULL, but a bad record is a row whose columns are all"
                                + " NULL: declare it without NOT NULL.");
            }
        }
        Set<String> ruled = new HashSet<>(rules.nonNegative());
        if (rules.eventTimeField() != null) {
            ruled.add(rules.eventTimeField());
        }
        ReaderRecord root = prune(schema, columns, "", rules, ruled);
        if (!ruled.isEmpty()) {
            throw new ValidationException(
                    "Options 'non-negative' and 'event-time-field' name " + ruled + ", which is not an int or long of "
                            + schema.getFullName() + ".");
        }
        return root;
    }

    Schema schema() {
        return schema;
    }

    /** Positions of the row that this record fills. */
    int arity() {
        return arity;
    }

    Iterable<ReaderField> fields() {
        return fields.values();
    }

    /** The field that a writer's field of this name fills (the reader's aliases count), or null. */
    ReaderField match(String writerName) {
        ReaderField field = fields.get(writerName);
        return field != null ? field : aliases.get(writerName);
    }

    private static ReaderRecord prune(
            Schema schema, RowType columns, String prefix, RecordRules rules, Set<String> ruled) {
        ReaderRecord pruned = new ReaderRecord(schema, columns == null ? 0 : columns.getFieldCount());
        List<String> names = columns == null ? List.of() : columns.getFieldNames();
        for (String name : names) {
            if (schema.getField(name) == null) {
                throw new ValidationException(
                        "Column " + prefix + name + " is not a field of " + schema.getFullName()
                                + " (names are case-sensitive).");
            }
        }
        for (Schema.Field field : schema.getFields()) {
            int target = names.indexOf(field.name());
            String path = prefix + field.name();
            if (target >= 0 || ruled.stream().anyMatch(r -> r.equals(path) || r.startsWith(path + "."))) {
                LogicalType column = target < 0 ? null : columns.getTypeAt(target);
                pruned.add(readerField(field, target, column, path, rules, ruled));
            }
        }
        return pruned;
    }

    private static ReaderField readerField(
            Schema.Field field, int target, LogicalType column, String path, RecordRules rules, Set<String> ruled) {
        Schema value = field.schema();
        boolean nullable = false;
        if (value.isUnion()) {
            List<Schema> branches =
                    value.getTypes().stream().filter(b -> b.getType() != Schema.Type.NULL).toList();
            nullable = branches.size() < value.getTypes().size();
            if (branches.size() != 1) {
                throw new ValidationException(
                        "Field " + path + " is a union of several types, which a column cannot show.");
            }
            value = branches.get(0);
        }
        ReaderRecord record = null;
        if (value.getType() == Schema.Type.RECORD) {
            if (column != null && !(column instanceof RowType)) {
                throw mismatch(path, value, column);
            }
            record = prune(value, (RowType) column, path + ".", rules, ruled);
        } else if (column != null && !Columns.canShow(value, column, rules.isEventTime(path))) {
            throw mismatch(path, value, column);
        }
        LongCheck check = isWhole(value) ? rules.checkOf(path) : null;
        if (check != null) {
            ruled.remove(path);
        }
        return new ReaderField(path, field, value, nullable, target, column, check, record);
    }

    private static boolean isWhole(Schema value) {
        return value.getType() == Schema.Type.INT || value.getType() == Schema.Type.LONG;
    }

    private static ValidationException mismatch(String path, Schema value, LogicalType column) {
        String logical = value.getLogicalType() == null ? "" : " (" + value.getLogicalType().getName() + ")";
        return new ValidationException(
                "Column " + path + " is " + column.asSummaryString() + ", which cannot show Avro "
                        + value.getType().getName() + logical + ".");
    }

    private void add(ReaderField field) {
        fields.put(field.field().name(), field);
        for (String alias : field.field().aliases()) {
            if (schema.getField(alias) == null) {
                aliases.put(alias, field);
            }
        }
    }
}
