package io.tokpulse.flink.memory;

import java.util.ArrayDeque;

/** The least of the values of the last {@code nanos}; when none came in that time, the newest one. */
final class LeastOfLate {

    private record Value(long at, double value) {}

    private final long nanos;

    /** Each is larger than the one before it: a value is the least until it is too old, or a smaller one comes. */
    private final ArrayDeque<Value> rising = new ArrayDeque<>();

    private Long since;

    LeastOfLate(long nanos) {
        this.nanos = nanos;
    }

    void add(long now, double value) {
        if (since == null) {
            since = now;
        }
        while (!rising.isEmpty() && rising.getLast().value() >= value) {
            rising.removeLast();
        }
        rising.add(new Value(now, value));
    }

    /** 0 before the first. */
    double least(long now) {
        while (rising.size() > 1 && now - rising.getFirst().at() > nanos) {
            rising.removeFirst();
        }
        return rising.isEmpty() ? 0 : rising.getFirst().value();
    }

    /** Whether the first value is as old as that. */
    boolean isLong(long now) {
        return since != null && now - since >= nanos;
    }
}
