package io.tokpulse.flink.functions;

import java.util.Arrays;

/** When a post has alerted before its hours were over, oldest first, in Unix milliseconds: about 4 bytes each. Reused for post after post. */
final class AlertTimes {

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    private int size;
    private long[] times = new long[8];

    void unpack(byte[] packed) {
        size = 0;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        long time = 0;
        while (unpacking.hasMore()) {
            time += unpacking.number();
            add(time);
        }
    }

    /** Without those of before {@code oldest}; null when nothing is left. */
    byte[] pack(long oldest) {
        packing.reset();
        long before = 0;
        for (int i = 0; i < size; i++) {
            if (times[i] >= oldest) {
                packing.number(times[i] - before);
                before = times[i];
            }
        }
        return before == 0 ? null : packing.packed();
    }

    /** One that is later than all others. */
    void add(long time) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
        }
        times[size++] = time;
    }

    /** Whether there was none in the {@code span} before {@code time}, and none later. */
    boolean isQuiet(long time, long span) {
        return size == 0 || time - times[size - 1] >= span;
    }

    /** The first one from {@code from} up to but not at {@code until}; null when there is none. */
    Long firstWithin(long from, long until) {
        for (int i = 0; i < size; i++) {
            if (times[i] >= from) {
                return times[i] < until ? (Long) times[i] : null;
            }
        }
        return null;
    }
}
