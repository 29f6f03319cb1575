package io.tokpulse.flink.clickhouse;

import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.SinkV2Provider;

/** What the planner knows of the sink: it takes inserts, not updates. */
final class ClickHouseTableSink implements DynamicTableSink {

    private final ClickHouseSink sink;
    private final Integer parallelism;

    /** {@code parallelism} may be null: the input's. */
    ClickHouseTableSink(ClickHouseSink sink, Integer parallelism) {
        this.sink = sink;
        this.parallelism = parallelism;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requestedMode) {
        return ChangelogMode.insertOnly();
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return SinkV2Provider.of(sink, parallelism);
    }

    @Override
    public DynamicTableSink copy() {
        return new ClickHouseTableSink(sink, parallelism);
    }

    @Override
    public String asSummaryString() {
        return sink.toString();
    }
}
