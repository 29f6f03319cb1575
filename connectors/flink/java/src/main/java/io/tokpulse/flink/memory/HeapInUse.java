package io.tokpulse.flink.memory;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import javax.management.NotificationEmitter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The share of the heap that collections of garbage cannot free: the gauge {@code heapInUse}, from 0 to 1, and a warning in the log above
 * {@link #TOO_FULL}. Flink's own {@code Heap.Used} counts garbage, and is near the limit of a healthy process as often as not.
 *
 * <p>State lives in the old generation. What counts is what its last collection left there, against its size: with the parallel collector
 * it cannot grow into the young one. G1 collects it a part at a time, so that it is the least of the last two minutes.
 */
public final class HeapInUse {

    /** From here on collections come close after one another, and then the heap is full. */
    static final double TOO_FULL = 0.8;

    private static final Logger LOG = LoggerFactory.getLogger(HeapInUse.class);
    private static final Duration WINDOW = Duration.ofMinutes(2);
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(10);

    private static HeapInUse ofThisProcess;

    private final LeastOfLate shares = new LeastOfLate(WINDOW.toNanos());
    private final MemoryPoolMXBean old;
    private long warnedAt;
    private boolean warned;

    private HeapInUse() {
        // The one pool of the heap with a threshold: the young ones are full before each collection.
        old =
                ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP && pool.isUsageThresholdSupported())
                        .findFirst()
                        .orElseThrow();
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener((event, nothing) -> collected(), null, null);
        }
    }

    /** Registers the gauge for one task; all tasks of a process show the same. */
    public static void report(MetricGroup group) {
        group.gauge("heapInUse", (Gauge<Double>) instance()::share);
    }

    private static synchronized HeapInUse instance() {
        if (ofThisProcess == null) {
            ofThisProcess = new HeapInUse();
        }
        return ofThisProcess;
    }

    private synchronized double share() {
        return shares.least(System.nanoTime());
    }

    private void collected() {
        MemoryUsage left = old.getCollectionUsage();
        // Before its first collection nobody knows what is garbage there; it is not near its limit then.
        if (left != null && left.getUsed() > 0) {
            seen(System.nanoTime(), (double) left.getUsed() / left.getMax());
        }
    }

    private synchronized void seen(long now, double share) {
        shares.add(now, share);
        double least = shares.least(now);
        if (shares.isCertain(now) && least >= TOO_FULL && (!warned || now - warnedAt > BETWEEN_WARNINGS.toNanos())) {
            warned = true;
            warnedAt = now;
            LOG.warn(
                    "{} % of the heap for state are in use, and at 100 % the job fails. State grows with the posts, users and authors of a month."
                            + " Raise taskmanager.memory.process.size, or see \"Out of memory\" in docs/operations.md.",
                    Math.round(least * 100));
        }
    }
}
