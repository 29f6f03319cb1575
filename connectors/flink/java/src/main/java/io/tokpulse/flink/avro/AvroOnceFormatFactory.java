package io.tokpulse.flink.avro;

import java.util.Set;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.formats.avro.AvroRowDataSerializationSchema;
import org.apache.flink.formats.avro.RowDataToAvroConverters;
import org.apache.flink.formats.avro.registry.confluent.AvroConfluentFormatOptions;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.format.EncodingFormat;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.factories.DynamicTableFactory;
import org.apache.flink.table.factories.FactoryUtil;
import org.apache.flink.table.factories.SerializationFormatFactory;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

/**
 * The format {@code avro-confluent-once}: what Flink's {@code avro-confluent} writes, with its options {@code url}, {@code subject} and
 * {@code schema}, but for that the registry's client is asked for the schema's id when a task opens and not for every record, which
 * took half of a record's time.
 */
public final class AvroOnceFormatFactory implements SerializationFormatFactory {

    @Override
    public EncodingFormat<SerializationSchema<RowData>> createEncodingFormat(
            DynamicTableFactory.Context context, ReadableConfig options) {
        FactoryUtil.validateFactoryOptions(this, options);
        String url = options.get(AvroConfluentFormatOptions.URL);
        String subject = options.get(AvroConfluentFormatOptions.SUBJECT);
        String text = options.get(AvroConfluentFormatOptions.SCHEMA);
        return new EncodingFormat<>() {
            @Override
            public SerializationSchema<RowData> createRuntimeEncoder(DynamicTableSink.Context sink, DataType consumed) {
                Schema schema = AvroDlqFormatFactory.schemaOf(text);
                RowType columns = (RowType) consumed.getLogicalType();
                return new AvroRowDataSerializationSchema(
                        columns,
                        new AvroOnceSerializer(url, subject, schema.toString()),
                        RowDataToAvroConverters.createConverter(columns));
            }

            @Override
            public ChangelogMode getChangelogMode() {
                return ChangelogMode.insertOnly();
            }
        };
    }

    @Override
    public String factoryIdentifier() {
        return "avro-confluent-once";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return Set.of(AvroConfluentFormatOptions.URL, AvroConfluentFormatOptions.SUBJECT, AvroConfluentFormatOptions.SCHEMA);
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return Set.of();
    }
}
