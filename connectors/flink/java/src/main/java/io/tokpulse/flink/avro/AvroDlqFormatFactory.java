package io.tokpulse.flink.avro;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.format.DecodingFormat;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DeserializationFormatFactory;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;

import java.util.Set;

/** Makes the format {@code avro-confluent-dlq} known to Flink and reads its options. */
public final class AvroDlqFormatFactory implements DeserializationFormatFactory {

    @Override
    public DecodingFormat<DeserializationSchema<RowData>> createDecodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        schemaOf(options.get(AvroDlqOptions.SCHEMA));
        requirePositive(options.get(AvroDlqOptions.STOP_MIN_RECORDS), AvroDlqOptions.STOP_MIN_RECORDS);
        long maxRecordBytes = options.get(AvroDlqOptions.MAX_RECORD_BYTES).getBytes();
        requirePositive(maxRecordBytes, AvroDlqOptions.MAX_RECORD_BYTES);
        return new AvroDlqDecodingFormat(
                new AvroDlqSettings(
                        options.get(AvroDlqOptions.URL),
                        options.get(AvroDlqOptions.SCHEMA),
                        options.getOptional(AvroDlqOptions.NAME).orElse(null),
                        maxRecordBytes,
                        new RecordRules(
                                Set.copyOf(options.get(AvroDlqOptions.NON_NEGATIVE)),
                                options.getOptional(AvroDlqOptions.EVENT_TIME_FIELD).orElse(null),
                                options.get(AvroDlqOptions.EVENT_TIME_MIN),
                                options.get(AvroDlqOptions.EVENT_TIME_MAX_AHEAD).toMillis()),
                        new Brake.Limits(
                                options.get(AvroDlqOptions.STOP_AFTER_CONSECUTIVE),
                                options.get(AvroDlqOptions.STOP_RATIO),
                                options.get(AvroDlqOptions.STOP_MIN_RECORDS))));
    }

    @Override
    public String factoryIdentifier() {
        return AvroDlqOptions.IDENTIFIER;
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(AvroDlqOptions.URL, AvroDlqOptions.SCHEMA);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of(
                AvroDlqOptions.NAME,
                AvroDlqOptions.MAX_RECORD_BYTES,
                AvroDlqOptions.NON_NEGATIVE,
                AvroDlqOptions.EVENT_TIME_FIELD,
                AvroDlqOptions.EVENT_TIME_MIN,
                AvroDlqOptions.EVENT_TIME_MAX_AHEAD,
                AvroDlqOptions.STOP_AFTER_CONSECUTIVE,
                AvroDlqOptions.STOP_RATIO,
                AvroDlqOptions.STOP_MIN_RECORDS);
    }

    /** The schema that option {@code schema} is the text of. Raises {@link ValidationException} when it is none. */
    static Schema schemaOf(String text) {
        try {
            return new Schema.Parser().parse(text);
        } catch (AvroRuntimeException e) {
            throw new ValidationException("Option 'schema' is not an Avro schema: " + e.getMessage(), e);
        }
    }

    private static void requirePositive(long value, ConfigOption<?> option) {
        if (value < 1) {
            throw new ValidationException("Option '" + option.key() + "' must be at least 1, not " + value + ".");
        }
    }
}
