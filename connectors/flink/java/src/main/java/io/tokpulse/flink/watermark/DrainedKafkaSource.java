package io.tokpulse.flink.watermark;

import java.io.IOException;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.metrics.KafkaSourceReaderMetrics;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.lineage.LineageVertexProvider;
import org.apache.flink.streaming.api.lineage.SourceLineageVertex;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.flink.util.function.SerializableSupplier;

/** Flink's Kafka source but for its readers, and for the watermarks in the state of its partitions. */
final class DrainedKafkaSource<T>
        implements Source<T, KafkaPartitionSplit, KafkaSourceEnumState>, ResultTypeQueryable<T>, LineageVertexProvider {

    private static final long serialVersionUID = 1L;

    private final KafkaSource<T> kafka;
    private final KafkaRecordDeserializationSchema<T> schema;
    private final Properties properties;
    private final SerializableSupplier<String> rack;
    private final Patience patience;
    private final OfTask<T> ofTask;

    @SuppressWarnings("unchecked")
    DrainedKafkaSource(KafkaSource<T> kafka, Patience patience, OfTask<T> ofTask) {
        this.kafka = kafka;
        this.schema = (KafkaRecordDeserializationSchema<T>) PartOf.source(kafka, "deserializationSchema");
        this.properties = (Properties) PartOf.source(kafka, "props");
        this.rack = (SerializableSupplier<String>) PartOf.source(kafka, "rackIdSupplier");
        this.patience = patience;
        this.ofTask = ofTask;
    }

    @Override
    public SourceReader<T, KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        schema.open(new Opening(context));
        LogEnds ends = new KafkaLogEnds(properties, context.getIndexOfSubtask());
        TaskWatermarks<T> watermarks =
                new TaskWatermarks<>(patience, ends, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        ofTask.set(watermarks);
        KafkaSourceReaderMetrics metrics = new KafkaSourceReaderMetrics(context.metricGroup());
        String rackId = Optional.ofNullable(rack).map(SerializableSupplier::get).orElse(null);
        return new DrainedKafkaReader<>(
                () -> new PositionedSplitReader(properties, context, metrics, rackId, watermarks::passed),
                new DrainedRecordEmitter<>(schema, watermarks),
                properties,
                context,
                metrics,
                watermarks,
                ends);
    }

    @Override
    public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
        return new PartitionSplitSerializer();
    }

    @Override
    public Boundedness getBoundedness() {
        return kafka.getBoundedness();
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return kafka.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState checkpoint) throws IOException {
        return kafka.restoreEnumerator(context, checkpoint);
    }

    @Override
    public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
        return kafka.getEnumeratorCheckpointSerializer();
    }

    @Override
    public TypeInformation<T> getProducedType() {
        return kafka.getProducedType();
    }

    @Override
    public SourceLineageVertex getLineageVertex() {
        return kafka.getLineageVertex();
    }

    /** As Flink's source opens its schema. */
    private record Opening(SourceReaderContext context) implements DeserializationSchema.InitializationContext {

        @Override
        public MetricGroup getMetricGroup() {
            return context.metricGroup().addGroup("deserializer");
        }

        @Override
        public UserCodeClassLoader getUserCodeClassLoader() {
            return context.getUserCodeClassLoader();
        }
    }
}
