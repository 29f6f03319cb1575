package io.tokpulse.flink.avro;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

import java.util.EnumMap;
import java.util.Map;

/**
 * Counters of one subtask: {@code recordsDecoded}, {@code recordsQuarantined}, and {@code recordsQuarantined} per
 * reason in a group {@code reason} (a label in Prometheus). All exist from the start, at zero.
 */
final class QuarantineMetrics {

    private final Counter decoded;
    private final Counter quarantined;
    private final Map<BadReason, Counter> byReason = new EnumMap<>(BadReason.class);

    QuarantineMetrics(MetricGroup group) {
        decoded = group.counter("recordsDecoded");
        quarantined = group.counter("recordsQuarantined");
        for (BadReason reason : BadReason.values()) {
            byReason.put(reason, group.addGroup("reason", reason.code()).counter("recordsQuarantined"));
        }
    }

    void good() {
        decoded.inc();
    }

    void bad(BadReason reason) {
        quarantined.inc();
        byReason.get(reason).inc();
    }
}
