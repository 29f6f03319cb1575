package io.tokpulse.flink.memory;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The share of the heap that collections of garbage cannot free: the gauge {@code heapInUse}, from 0 to 1, and a warning in the log above
 * {@link #TOO_FULL}. Flink's own {@code Heap.Used} counts garbage, and is near the limit of a healthy process as often as not.
 *
 * <p>A young collection leaves old garbage, so what counts is the least of the last two minutes.
 */
public final class HeapInUse {

    /** From here on collections come close after one another, and then the heap is full. */
    static final double TOO_FULL = 0.8;

    private static final Logger LOG = LoggerFactory.getLogger(HeapInUse.class);
    private static final Duration WINDOW = Duration.ofMinutes(2);
    private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(10);

    private static HeapInUse ofThisProcess;

    private final LeastOfLate shares = new LeastOfLate(WINDOW.toNanos());
    private final Set<String> pools;
    private long warnedAt;
    private boolean warned;

    private HeapInUse() {
        pools =
                ManagementFactory.getMemoryPoolMXBeans().stream()
                        .filter(pool -> pool.getType() == MemoryType.HEAP)
                        .map(MemoryPoolMXBean::getName)
                        .collect(Collectors.toSet());
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener((event, nothing) -> collected(event), null, null);
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

    private void collected(Notification event) {
        if (event.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            Map<String, MemoryUsage> after =
                    GarbageCollectionNotificationInfo.from((CompositeData) event.getUserData()).getGcInfo().getMemoryUsageAfterGc();
            long used = pools.stream().mapToLong(pool -> after.get(pool).getUsed()).sum();
            seen(System.nanoTime(), (double) used / Runtime.getRuntime().maxMemory());
        }
    }

    private synchronized void seen(long now, double share) {
        shares.add(now, share);
        double least = shares.least(now);
        if (shares.isCertain(now) && least >= TOO_FULL && (!warned || now - warnedAt > BETWEEN_WARNINGS.toNanos())) {
            warned = true;
            warnedAt = now;
            LOG.warn(
                    "{} % of the heap are in use, and at 100 % the job fails. State grows with the posts, users and authors of a month."
                            + " Raise taskmanager.memory.process.size, or see \"Out of memory\" in docs/operations.md.",
                    Math.round(least * 100));
        }
    }
}
