package io.tokpulse.flink.functions;

import java.util.Arrays;
import org.apache.flink.table.data.ArrayData;

/**
 * The hours of one post, oldest first, as {@link HourlyMaxima} remembers them: of an open hour the maximum of each counter and how many
 * observations it had; of a closed one, for which it only matters how the next hour grew, the first counter. Times are Unix
 * milliseconds.
 *
 * <p>Packed, a closed hour takes 3 to 7 bytes. Reused for post after post.
 */
final class PostHours {

    static final long HOUR = 3_600_000L;
    /** The maximum of a counter that no observation had. */
    static final long UNKNOWN = -1;

    private static final byte[] NOBODY = {};

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    byte[] author = NOBODY;
    int counters;
    int size;
    long[] start = new long[32];
    boolean[] closed = new boolean[32];
    long[] observations = new long[32];
    /** Those of an hour one after the other, in the order of the columns. */
    private long[] maxima = new long[256];

    static long startOf(long time) {
        return time - Math.floorMod(time, HOUR);
    }

    void unpack(byte[] packed) {
        size = 0;
        counters = 0;
        author = NOBODY;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        author = unpacking.text();
        counters = (int) unpacking.number();
        long hour = 0;
        while (unpacking.hasMore()) {
            long stepAndClosed = unpacking.number();
            hour += stepAndClosed >>> 1;
            ensure(size + 1);
            start[size] = hour * HOUR;
            closed[size] = (stepAndClosed & 1) == 1;
            int first = size * counters;
            maxima[first] = unpacking.number() - 1;
            if (!closed[size]) {
                for (int counter = 1; counter < counters; counter++) {
                    maxima[first + counter] = unpacking.number() - 1;
                }
                observations[size] = unpacking.number();
            }
            size++;
        }
    }

    /** Without the hours that ended at {@code oldest} or before, but for the last of them: the next hour grows from it. */
    byte[] pack(long oldest) {
        int from = 0;
        while (from + 1 < size && closed[from] && start[from + 1] + HOUR <= oldest) {
            from++;
        }
        packing.reset();
        packing.text(author);
        packing.number(counters);
        long before = 0;
        for (int place = from; place < size; place++) {
            long hour = start[place] / HOUR;
            packing.number((hour - before) << 1 | (closed[place] ? 1 : 0));
            before = hour;
            int first = place * counters;
            packing.number(maxima[first] + 1);
            if (!closed[place]) {
                for (int counter = 1; counter < counters; counter++) {
                    packing.number(maxima[first + counter] + 1);
                }
                packing.number(observations[place]);
            }
        }
        return packing.packed();
    }

    /** Makes room for {@code wanted} counters: hours of a state from before have not all of them. */
    void widen(int wanted) {
        if (wanted <= counters) {
            return;
        }
        if (size == 0) {
            counters = wanted;
            return;
        }
        long[] wider = new long[Math.max(maxima.length, (size + 1) * wanted)];
        Arrays.fill(wider, 0, size * wanted, UNKNOWN);
        for (int place = 0; place < size; place++) {
            System.arraycopy(maxima, place * counters, wider, place * wanted, counters);
        }
        maxima = wider;
        counters = wanted;
    }

    long maximum(int place, int counter) {
        return maxima[place * counters + counter];
    }

    /** One observation more of an open hour. */
    void observe(int place, ArrayData seen) {
        int first = place * counters;
        for (int counter = 0, count = seen.size(); counter < count; counter++) {
            maxima[first + counter] = Math.max(maxima[first + counter], value(seen, counter));
        }
        observations[place]++;
    }

    /** Takes the first counter of an observation of a closed hour: whether it is more than its maximum was. */
    boolean raise(int place, ArrayData seen) {
        int at = place * counters;
        long before = maxima[at];
        maxima[at] = Math.max(before, value(seen, 0));
        return maxima[at] > before;
    }

    private static long value(ArrayData seen, int counter) {
        return seen.isNullAt(counter) ? UNKNOWN : seen.getLong(counter);
    }

    /** Place of the hour that starts at {@code time}; {@code -(place where it would be) - 1} when it is not there. */
    int find(long time) {
        // Nearly every observation is of the newest hour.
        if (size > 0 && start[size - 1] == time) {
            return size - 1;
        }
        return Arrays.binarySearch(start, 0, size, time);
    }

    /** Makes room for an hour without observations. */
    void insert(int place, long time) {
        ensure(size + 1);
        int behind = size - place;
        System.arraycopy(start, place, start, place + 1, behind);
        System.arraycopy(closed, place, closed, place + 1, behind);
        System.arraycopy(observations, place, observations, place + 1, behind);
        System.arraycopy(maxima, place * counters, maxima, (place + 1) * counters, behind * counters);
        start[place] = time;
        closed[place] = false;
        observations[place] = 0;
        Arrays.fill(maxima, place * counters, (place + 1) * counters, UNKNOWN);
        size++;
    }

    /** Place of the first open hour, {@link #size} when all are closed. */
    int firstOpen() {
        int place = size;
        while (place > 0 && !closed[place - 1]) {
            place--;
        }
        return place;
    }

    /** End of the newest closed hour: the watermark has been there, whatever is known of it now. */
    long closedUntil() {
        for (int i = size - 1; i >= 0; i--) {
            if (closed[i]) {
                return start[i] + HOUR - 1;
            }
        }
        return Long.MIN_VALUE;
    }

    private void ensure(int needed) {
        if (maxima.length < needed * counters) {
            maxima = Arrays.copyOf(maxima, needed * counters * 2);
        }
        if (start.length >= needed) {
            return;
        }
        int more = needed * 2;
        start = Arrays.copyOf(start, more);
        closed = Arrays.copyOf(closed, more);
        observations = Arrays.copyOf(observations, more);
    }
}
