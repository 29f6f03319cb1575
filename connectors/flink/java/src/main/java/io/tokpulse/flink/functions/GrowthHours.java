package io.tokpulse.flink.functions;

import java.util.Arrays;

/**
 * The hours of one post that have left {@link PostGrowth}, oldest first. Times are Unix milliseconds.
 * Packed, an hour takes about 12 bytes. Reused for post after post.
 */
final class GrowthHours {

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    int size;
    long[] start = new long[32];
    long[] plays = new long[32];
    long[] prevStart = new long[32];
    long[] prevPlays = new long[32];
    long[] revision = new long[32];
    boolean[] alerted = new boolean[32];

    void unpack(byte[] packed) {
        size = 0;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        long hour = 0;
        while (unpacking.hasMore()) {
            long stepAndAlerted = unpacking.number();
            hour += stepAndAlerted >>> 1;
            int place = size;
            insert(place, hour * PostHours.HOUR);
            alerted[place] = (stepAndAlerted & 1) == 1;
            revision[place] = unpacking.number();
            plays[place] = unpacking.number();
            prevStart[place] = (hour - unpacking.number()) * PostHours.HOUR;
            prevPlays[place] = plays[place] - unpacking.signed();
        }
    }

    /** Without the hours that ended at {@code oldest} or before; null when none is left. */
    byte[] pack(long oldest) {
        packing.reset();
        long before = 0;
        for (int i = 0; i < size; i++) {
            if (start[i] + PostHours.HOUR <= oldest) {
                continue;
            }
            long hour = start[i] / PostHours.HOUR;
            packing.number((hour - before) << 1 | (alerted[i] ? 1 : 0));
            before = hour;
            packing.number(revision[i]);
            packing.number(plays[i]);
            packing.number(hour - prevStart[i] / PostHours.HOUR);
            packing.signed(plays[i] - prevPlays[i]);
        }
        byte[] packed = packing.packed();
        return packed.length == 0 ? null : packed;
    }

    /** Place of the hour that starts at {@code time}; {@code -(place where it would be) - 1} when it has not left yet. */
    int find(long time) {
        return Arrays.binarySearch(start, 0, size, time);
    }

    /** The last moment of an hour. */
    long endOf(int place) {
        return start[place] + PostHours.HOUR - 1;
    }

    void insert(int place, long time) {
        if (size == start.length) {
            int more = size * 2;
            start = Arrays.copyOf(start, more);
            plays = Arrays.copyOf(plays, more);
            prevStart = Arrays.copyOf(prevStart, more);
            prevPlays = Arrays.copyOf(prevPlays, more);
            revision = Arrays.copyOf(revision, more);
            alerted = Arrays.copyOf(alerted, more);
        }
        int behind = size - place;
        System.arraycopy(start, place, start, place + 1, behind);
        System.arraycopy(plays, place, plays, place + 1, behind);
        System.arraycopy(prevStart, place, prevStart, place + 1, behind);
        System.arraycopy(prevPlays, place, prevPlays, place + 1, behind);
        System.arraycopy(revision, place, revision, place + 1, behind);
        System.arraycopy(alerted, place, alerted, place + 1, behind);
        start[place] = time;
        plays[place] = 0;
        prevStart[place] = time - PostHours.HOUR;
        prevPlays[place] = 0;
        revision[place] = 0;
        alerted[place] = false;
        size++;
    }
}
