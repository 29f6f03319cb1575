package io.tokpulse.flink.functions;

import java.util.Arrays;

/**
 * Follower counts of one author by the moment of observation (Unix milliseconds), oldest first, of one moment the largest; and until when
 * hours of the author's posts have left {@link PostGrowth}. Reused for author after author.
 */
final class Snapshots {

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    /** Last moment of the newest hour that has left: a snapshot of before it may change what was said. */
    long leftUntil;

    int size;
    long[] times = new long[16];
    long[] counts = new long[16];

    void unpack(byte[] packed) {
        size = 0;
        leftUntil = Long.MIN_VALUE;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        leftUntil = unpacking.signed();
        long time = 0;
        while (unpacking.hasMore()) {
            time += unpacking.signed();
            insert(size, time, unpacking.number());
        }
    }

    /** Without those that no moment from {@code oldest} on needs. */
    byte[] pack(long oldest) {
        packing.reset();
        packing.signed(leftUntil);
        long before = 0;
        for (int i = Math.max(0, latest(oldest)); i < size; i++) {
            packing.signed(times[i] - before);
            before = times[i];
            packing.number(counts[i]);
        }
        return packing.packed();
    }

    /** Whether the snapshot says something that was not known. */
    boolean learn(long time, long count) {
        int place = Arrays.binarySearch(times, 0, size, time);
        if (place < 0) {
            insert(-place - 1, time, count);
            return true;
        }
        if (counts[place] >= count) {
            return false;
        }
        counts[place] = count;
        return true;
    }

    /** Place of the latest snapshot that is not after {@code time}; negative when there is none. */
    int latest(long time) {
        int place = Arrays.binarySearch(times, 0, size, time);
        return place >= 0 ? place : -place - 2;
    }

    /** When the newest was observed; {@code Long.MIN_VALUE} when there is none. */
    long newest() {
        return size == 0 ? Long.MIN_VALUE : times[size - 1];
    }

    private void insert(int place, long time, long count) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            counts = Arrays.copyOf(counts, size * 2);
        }
        System.arraycopy(times, place, times, place + 1, size - place);
        System.arraycopy(counts, place, counts, place + 1, size - place);
        times[place] = time;
        counts[place] = count;
        size++;
    }
}
