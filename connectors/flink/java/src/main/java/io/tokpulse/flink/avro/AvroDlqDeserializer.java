package io.tokpulse.flink.avro;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;

import java.io.IOException;

/**
 * Decodes the value of one Kafka record to one row of its final width: the columns, then the format's metadata.
 *
 * <p>A good record fills the columns and leaves {@code error} and {@code payload} NULL. A bad one leaves the columns
 * NULL and fills {@code error} ({@code code: text}) and {@code payload} (the value as received). {@code received} is
 * the value of either. Each record gives a new row, so rows may be kept; their strings are views of the value's bytes,
 * which Kafka's consumer makes anew for each record.
 */
final class AvroDlqDeserializer implements DeserializationSchema<RowData> {

    private static final long serialVersionUID = 1L;

    /** One zero byte and the schema id, big-endian. */
    private static final int ENVELOPE = 5;

    private final AvroDlqSettings settings;
    private final RowType columns;
    private final int errorPosition;
    private final int payloadPosition;
    private final int receivedPosition;
    private final int width;
    private final TypeInformation<RowData> produced;

    private transient AvroCursor cursor;
    private transient PlanCache plans;
    private transient Brake brake;
    private transient QuarantineMetrics metrics;

    /**
     * {@code error}, {@code payload} and {@code received} are positions among the {@code metadata} columns behind
     * {@code columns}; -1 for none. Raises {@link org.apache.flink.table.api.ValidationException} for columns that the reader's schema
     * cannot fill.
     */
    AvroDlqDeserializer(
            AvroDlqSettings settings,
            RowType columns,
            int error,
            int payload,
            int received,
            int metadata,
            TypeInformation<RowData> produced) {
        this.settings = settings;
        this.columns = columns;
        this.errorPosition = positionOf(error);
        this.payloadPosition = positionOf(payload);
        this.receivedPosition = positionOf(received);
        this.width = columns.getFieldCount() + metadata;
        this.produced = produced;
        readerRecord();
    }

    @Override
    public void open(InitializationContext context) {
        open(context.getMetricGroup(), new SchemaRegistry(settings.url()));
    }

    void open(MetricGroup group, SchemaSource schemas) {
        ReaderRecord reader = readerRecord();
        cursor = new AvroCursor();
        plans = new PlanCache(schemas, new PlanCompiler(reader), System::currentTimeMillis);
        brake = new Brake(settings.brake(), settings.name() != null ? settings.name() : reader.schema().getFullName());
        metrics = new QuarantineMetrics(group);
    }

    @Override
    public void deserialize(byte[] message, Collector<RowData> out) throws IOException {
        out.collect(deserialize(message));
    }

    /**
     * Never null. Raises {@link IOException} when the schema registry cannot be asked, and
     * {@link org.apache.flink.runtime.execution.SuppressRestartsException} when the brake stops the job.
     */
    @Override
    public RowData deserialize(byte[] message) throws IOException {
        GenericRowData row = new GenericRowData(width);
        BadRecordException failure;
        try {
            decode(message, row);
            set(row, receivedPosition, message);
            metrics.good();
            brake.good();
            return row;
        } catch (BadRecordException e) {
            failure = e;
        }
        return quarantine(message, failure);
    }

    @Override
    public boolean isEndOfStream(RowData row) {
        return false;
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return produced;
    }

    private void decode(byte[] message, GenericRowData row) throws IOException, BadRecordException {
        try {
            RecordPlan plan = plans.planOf(schemaIdOf(message));
            cursor.reset(message, ENVELOPE);
            plan.read(cursor, row);
        } catch (RuntimeException e) {
            throw BadRecordException.named(BadReason.UNDECODABLE, e.toString());
        }
        if (cursor.remaining() > 0) {
            throw BadRecordException.named(
                    BadReason.TRAILING_BYTES, cursor.remaining() + " bytes follow the record");
        }
    }

    private int schemaIdOf(byte[] message) throws BadRecordException {
        if (message == null || message.length == 0) {
            throw BadRecordException.named(BadReason.EMPTY_VALUE, message == null ? "null" : "0 bytes");
        }
        if (message.length > settings.maxRecordBytes()) {
            throw BadRecordException.named(
                    BadReason.TOO_LARGE, message.length + " bytes, allowed are " + settings.maxRecordBytes());
        }
        if (message[0] != 0) {
            throw BadRecordException.named(
                    BadReason.BAD_MAGIC, String.format("first byte is 0x%02x, expected 0x00", message[0]));
        }
        if (message.length < ENVELOPE) {
            throw BadRecordException.named(
                    BadReason.TRUNCATED, message.length + " bytes, the schema id alone needs " + ENVELOPE);
        }
        return (message[1] & 0xFF) << 24 | (message[2] & 0xFF) << 16 | (message[3] & 0xFF) << 8 | message[4] & 0xFF;
    }

    private RowData quarantine(byte[] message, BadRecordException failure) {
        String error = failure.getMessage();
        metrics.bad(failure.reason());
        brake.bad(error);
        GenericRowData row = new GenericRowData(width);
        set(row, errorPosition, StringData.fromString(error));
        set(row, payloadPosition, message);
        set(row, receivedPosition, message);
        return row;
    }

    private int positionOf(int metadata) {
        return metadata < 0 ? -1 : columns.getFieldCount() + metadata;
    }

    private static void set(GenericRowData row, int position, Object value) {
        if (position >= 0) {
            row.setField(position, value);
        }
    }

    private ReaderRecord readerRecord() {
        return ReaderRecord.of(new Schema.Parser().parse(settings.schema()), columns, settings.rules());
    }
}
