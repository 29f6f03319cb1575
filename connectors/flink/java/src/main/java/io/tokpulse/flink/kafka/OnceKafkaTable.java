package io.tokpulse.flink.kafka;

import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSink;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;
import org.apache.flink.table.connector.sink.abilities.SupportsWritingMetadata;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Flink's Kafka sink with a filter before it. */
final class OnceKafkaTable implements DynamicTableSink, SupportsWritingMetadata {

    private static final String HEADERS = "headers";

    private final KafkaDynamicSink kafka;
    private final TopicNames names;
    /** Place of the headers in the rows that are written; -1 before it is known. */
    private int headersAt = -1;

    OnceKafkaTable(KafkaDynamicSink kafka, TopicNames names) {
        this.kafka = kafka;
        this.names = names;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return kafka.getChangelogMode(requested);
    }

    @Override
    public Map<String, DataType> listWritableMetadata() {
        return kafka.listWritableMetadata();
    }

    @Override
    public void applyWritableMetadata(List<String> keys, DataType consumedType) {
        kafka.applyWritableMetadata(keys, consumedType);
        int place = keys.indexOf(HEADERS);
        headersAt = place < 0 ? -1 : DataType.getFieldCount(consumedType) - keys.size() + place;
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        if (headersAt < 0) {
            throw new ValidationException("a table with 'connector' = 'kafka-once' must have a column headers MAP<STRING, BYTES> METADATA");
        }
        Sink<RowData> sink = ((SinkV2Provider) kafka.getSinkRuntimeProvider(context)).createSink();
        NotOnTopic unsaid = new NotOnTopic(names, headersAt);
        return new DataStreamSinkProvider() {
            @Override
            public DataStreamSink<?> consumeDataStream(ProviderContext provided, DataStream<RowData> rows) {
                return rows.filter(unsaid)
                        .name("not on the topic")
                        .setParallelism(rows.getParallelism())
                        .sinkTo(sink)
                        .setParallelism(rows.getParallelism());
            }
        };
    }

    @Override
    public DynamicTableSink copy() {
        OnceKafkaTable copy = new OnceKafkaTable((KafkaDynamicSink) kafka.copy(), names);
        copy.headersAt = headersAt;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return kafka.asSummaryString();
    }
}
