package io.tokpulse.flink.memory;

import java.util.ArrayDeque;

/** The least of the values of the last {@code nanos}; when none came in that time, the newest one. */
final class LeastOfLate {

    private record Value(long at, double value) {}

    private final long nanos;

    /** Each is larger than the one before it: a value is the least until it is too old, or a smaller one comes. */
    private final ArrayDeque<Value> rising = new ArrayDeque<>();

    private Long since;
    private long newest;
    private long before;

    LeastOfLate(long nanos) {
        this.nanos = nanos;
    }

    void add(long now, double value) {
        if (since == null) {
            since = now;
            newest = now;
        }
        before = newest;
        newest = now;
        while (!rising.isEmpty() && rising.getLast().value() >= value) {
            rising.removeLast();
        }
        rising.add(new Value(now, value));
    }

    /** NaN before the first. */
    double least(long now) {
        while (rising.size() > 1 && now - rising.getFirst().at() > nanos) {
            rising.removeFirst();
        }
        return rising.isEmpty() ? Double.NaN : rising.getFirst().value();
    }

    /** Whether values have come for as long as that, and more than one lately. */
    boolean isCertain(long now) {
        return since != null && now - since >= nanos && now - before <= nanos;
    }
}
