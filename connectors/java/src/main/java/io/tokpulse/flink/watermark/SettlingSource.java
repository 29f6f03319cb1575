package io.tokpulse.flink.watermark;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.connectors.kafka.table.KafkaDynamicSource;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.connector.source.ScanTableSource;
import org.apache.flink.table.connector.source.abilities.SupportsReadingMetadata;
import org.apache.flink.table.connector.source.abilities.SupportsWatermarkPushDown;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;

/** Flink's Kafka source; only the watermarks that the planner gives it are wrapped. */
final class SettlingSource implements ScanTableSource, SupportsReadingMetadata, SupportsWatermarkPushDown {

    private final KafkaDynamicSource kafka;
    private final Duration settleTime;

    SettlingSource(KafkaDynamicSource kafka, Duration settleTime) {
        this.kafka = kafka;
        this.settleTime = settleTime;
    }

    @Override
    public void applyWatermark(WatermarkStrategy<RowData> strategy) {
        kafka.applyWatermark(new SettlingWatermarks<>(strategy, settleTime));
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return kafka.getChangelogMode();
    }

    @Override
    public ScanRuntimeProvider getScanRuntimeProvider(ScanContext context) {
        return kafka.getScanRuntimeProvider(context);
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
        return new SettlingSource((KafkaDynamicSource) kafka.copy(), settleTime);
    }

    @Override
    public String asSummaryString() {
        return kafka.asSummaryString();
    }
}
