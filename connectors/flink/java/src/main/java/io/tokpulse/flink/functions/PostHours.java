package io.tokpulse.flink.functions;

import java.util.Arrays;

/**
 * The hours of one post, oldest first, as {@link HourlyMaxima} remembers them: of an open hour the maximum of each counter and how many
 * observations it had; of a closed one, for which it only matters how the next hour grew, the plays. Times are Unix milliseconds.
 *
 * <p>Packed, a closed hour takes 3 to 7 bytes. Reused for post after post.
 */
final class PostHours {

    static final long HOUR = 3_600_000L;

    private static final byte[] NOBODY = {};

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    byte[] author = NOBODY;
    int size;
    long[] start = new long[32];
    boolean[] closed = new boolean[32];
    long[] plays = new long[32];
    long[] diggs = new long[32];
    long[] comments = new long[32];
    long[] shares = new long[32];
    long[] engagement = new long[32];
    long[] observations = new long[32];

    static long startOf(long time) {
        return time - Math.floorMod(time, HOUR);
    }

    void unpack(byte[] packed) {
        size = 0;
        author = NOBODY;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        author = unpacking.text();
        long hour = 0;
        while (unpacking.hasMore()) {
            long stepAndClosed = unpacking.number();
            hour += stepAndClosed >>> 1;
            ensure(size + 1);
            start[size] = hour * HOUR;
            closed[size] = (stepAndClosed & 1) == 1;
            plays[size] = unpacking.number();
            if (!closed[size]) {
                diggs[size] = unpacking.number();
                comments[size] = unpacking.number();
                shares[size] = unpacking.number();
                engagement[size] = unpacking.number();
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
        long before = 0;
        for (int i = from; i < size; i++) {
            long hour = start[i] / HOUR;
            packing.number((hour - before) << 1 | (closed[i] ? 1 : 0));
            before = hour;
            packing.number(plays[i]);
            if (!closed[i]) {
                packing.number(diggs[i]);
                packing.number(comments[i]);
                packing.number(shares[i]);
                packing.number(engagement[i]);
                packing.number(observations[i]);
            }
        }
        return packing.packed();
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
        System.arraycopy(plays, place, plays, place + 1, behind);
        System.arraycopy(diggs, place, diggs, place + 1, behind);
        System.arraycopy(comments, place, comments, place + 1, behind);
        System.arraycopy(shares, place, shares, place + 1, behind);
        System.arraycopy(engagement, place, engagement, place + 1, behind);
        System.arraycopy(observations, place, observations, place + 1, behind);
        start[place] = time;
        closed[place] = false;
        plays[place] = 0;
        diggs[place] = 0;
        comments[place] = 0;
        shares[place] = 0;
        engagement[place] = 0;
        observations[place] = 0;
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
        if (start.length >= needed) {
            return;
        }
        int more = needed * 2;
        start = Arrays.copyOf(start, more);
        closed = Arrays.copyOf(closed, more);
        plays = Arrays.copyOf(plays, more);
        diggs = Arrays.copyOf(diggs, more);
        comments = Arrays.copyOf(comments, more);
        shares = Arrays.copyOf(shares, more);
        engagement = Arrays.copyOf(engagement, more);
        observations = Arrays.copyOf(observations, more);
    }
}
