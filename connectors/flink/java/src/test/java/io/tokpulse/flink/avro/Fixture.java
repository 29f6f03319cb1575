package io.tokpulse.flink.avro;

import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.BinaryEncoder;
import org.apache.flink.avro.shaded.org.apache.avro.io.EncoderFactory;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A decoder over schemas in memory, and the writer of its records. */
final class Fixture {

    static final RecordRules NO_RULES = new RecordRules(Set.of(), null, 0, 0);
    static final Brake.Limits NO_BRAKE = new Brake.Limits(0, 0, 1);
    static final int MAX_BYTES = 1000;

    private final Map<Integer, String> schemas = new HashMap<>();
    private final AvroDlqDeserializer decoder;
    private final int errorPosition;
    int fetches;

    private Fixture(
            String reader,
            String name,
            RecordRules rules,
            Brake.Limits brake,
            boolean receiving,
            DataTypes.Field... columns) {
        DataType row = DataTypes.ROW(columns);
        errorPosition = columns.length;
        decoder = new AvroDlqDeserializer(
                new AvroDlqSettings("unused", reader, name, MAX_BYTES, rules, brake),
                (RowType) row.getLogicalType(), 0, 1, receiving ? 2 : -1, receiving ? 3 : 2, null);
        decoder.open(UnregisteredMetricsGroup.createOperatorMetricGroup(), this::fetch);
    }

    static Fixture reading(String reader, DataTypes.Field... columns) {
        return new Fixture(reader, null, NO_RULES, NO_BRAKE, false, columns);
    }

    /** One whose rows also have the value as received, as their last column. */
    static Fixture receiving(String reader, DataTypes.Field... columns) {
        return new Fixture(reader, null, NO_RULES, NO_BRAKE, true, columns);
    }

    /** One that calls its input {@code name}, or the record when that is null, and stops after a bad record. */
    static Fixture stoppingAtOnce(String reader, String name, DataTypes.Field... columns) {
        return new Fixture(reader, name, NO_RULES, new Brake.Limits(1, 0, 1), false, columns);
    }

    static Fixture reading(String reader, RecordRules rules, Brake.Limits brake, DataTypes.Field... columns) {
        return new Fixture(reader, null, rules, brake, false, columns);
    }

    static String record(String fields) {
        return record("R", fields);
    }

    static String record(String name, String fields) {
        return "{\"type\":\"record\",\"name\":\"" + name + "\",\"namespace\":\"n\",\"fields\":["
                + fields.replace('\'', '"') + "]}";
    }

    Fixture knowing(int id, String schema) {
        schemas.put(id, schema);
        return this;
    }

    private String fetch(int id) throws BadRecordException {
        fetches++;
        if (!schemas.containsKey(id)) {
            throw BadRecordException.named(BadReason.UNKNOWN_SCHEMA_ID, Integer.toString(id));
        }
        return schemas.get(id);
    }

    RowData read(byte[] message) {
        try {
            return decoder.deserialize(message);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The error of a row, or null for a good one; a bad row's columns are all null. */
    String errorOf(byte[] message) {
        return errorOf(read(message), message);
    }

    String errorOf(RowData row, byte[] message) {
        if (row.isNullAt(errorPosition)) {
            if (!row.isNullAt(errorPosition + 1)) {
                throw new AssertionError("payload of a good record");
            }
            return null;
        }
        for (int i = 0; i < errorPosition; i++) {
            if (!row.isNullAt(i)) {
                throw new AssertionError("column " + i + " of a bad record is not null");
            }
        }
        if (message != null && row.getBinary(errorPosition + 1) != message) {
            throw new AssertionError("payload is not the value as received");
        }
        return row.getString(errorPosition).toString();
    }

    static byte[] write(int id, GenericRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        try {
            new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return envelope(id, out.toByteArray());
    }

    static byte[] envelope(int id, byte... body) {
        return ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(id).put(body).array();
    }

    static Schema parse(String schema) {
        return new Schema.Parser().parse(schema);
    }
}
