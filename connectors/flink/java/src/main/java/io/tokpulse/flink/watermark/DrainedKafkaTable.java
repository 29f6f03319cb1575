package io.tokpulse.flink.watermark;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SourceTransformation;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.source.DataStreamScanProvider;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Flink's Kafka table. Only one with watermarks is read by other means than Flink's. */
final class DrainedKafkaTable implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {

    private final KafkaDynamicSource kafka;
    private final Patience patience;
    /** Null where the table declares no watermark. */
    private WatermarkStrategy<RowData> watermarks;

    DrainedKafkaTable(KafkaDynamicSource kafka, Patience patience) {
        this.kafka = kafka;
        this.patience = patience;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        watermarks = strategy;
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        DataStreamScanProvider plain = (DataStreamScanProvider) kafka.getScanRuntimeProvider(context);
        return watermarks == null ? plain : new Provider(plain, watermarks, patience);
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return kafka.getChangelogMode();
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        return kafka.listReadableMetadata();
    }

    @Override
    public void applyReadableMetadata(List<String> keys, DataType producedType) {
        kafka.applyReadableMetadata(keys, producedType);
    }

    @Override
    public boolean supportsMetadataProjection() {
        return kafka.supportsMetadataProjection();
    }

    @Override
    public DynamicTableSource copy() {
        DrainedKafkaTable copy = new DrainedKafkaTable((KafkaDynamicSource) kafka.copy(), patience);
        copy.watermarks = watermarks;
        return copy;
    }

    @Override
    public String asSummaryString() {
        return kafka.asSummaryString();
    }

    /** The stream that Flink would make, with our source around its own. */
    private record Provider(DataStreamScanProvider plain, WatermarkStrategy<RowData> watermarks, Patience patience)
            implements DataStreamScanProvider {

        @Override
        public DataStream<RowData> produceDataStream(ProviderContext context, StreamExecutionEnvironment environment) {
            // Nothing follows it, so it is no part of the job.
            Transformation<RowData> theirs = plain.produceDataStream(context, environment).getTransformation();
            KafkaSource<RowData> kafka = (KafkaSource<RowData>) ((SourceTransformation<RowData, ?, ?>) theirs).getSource();
            OfTask<RowData> ofTask = new OfTask<>();
            DataStreamSource<RowData> ours =
                    environment.fromSource(
                            new DrainedKafkaSource<>(kafka, patience, ofTask),
                            new DrainedStrategy<>(watermarks, ofTask),
                            theirs.getName());
            if (theirs.getUid() != null) {
                ours.uid(theirs.getUid());
            }
            return ours;
        }

        @Override
        public boolean isBounded() {
            return plain.isBounded();
        }

        @Override
        public Optional<Integer> getParallelism() {
            return plain.getParallelism();
        }
    }
}
