package io.tokpulse.flink.clickhouse;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/**
 * Figures of one writer in the group {@code clickhouse}, label {@code table}. They count what ClickHouse has acknowledged, and only the
 * thread that sends changes them, once the writer is open.
 */
final class SinkMetrics {

    private static final int LATENCIES = 1_000;

    private final Counter rows;
    private final Counter batches;
    private final Counter bytes;
    private final Counter retries;
    private final Histogram latency;

    SinkMetrics(MetricGroup group, String table) {
        MetricGroup own = group.addGroup("clickhouse").addGroup("table", table);
        rows = own.counter("rows");
        batches = own.counter("batches");
        bytes = own.counter("bytes");
        retries = own.counter("retries");
        latency = own.histogram("insert_latency_ms", new DescriptiveStatisticsHistogram(LATENCIES));
    }

    /** {@code size} is in bytes before compression; {@code millis} includes the retries. */
    void written(int count, int size, long millis) {
        rows.inc(count);
        batches.inc();
        bytes.inc(size);
        latency.update(millis);
    }

    void again() {
        retries.inc();
    }
}
