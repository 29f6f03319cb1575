package io.tokpulse.flink.functions;

import java.util.Arrays;

/**
 * The snapshots of one user, oldest first, as {@link FollowerChanges} remembers them; of one moment the largest count. Times are Unix
 * milliseconds. Packed, a snapshot takes about 8 bytes. Reused for user after user.
 */
final class FollowerHistory {

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    /** When to look whether the user can be forgotten; 0 before the first snapshot. */
    long forgetAt;

    int size;
    long[] times = new long[64];
    long[] counts = new long[64];
    long[] revision = new long[64];
    /** How many records said so and are not accounted for yet. */
    long[] records = new long[64];
    /** A bit per rule of the version in force then, by its place: the rule has been alerted. */
    long[] alerted = new long[64];
    /** Whether the watermark has passed it, so that it has been put in order. */
    boolean[] ordered = new boolean[64];

    void unpack(byte[] packed) {
        size = 0;
        forgetAt = 0;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        forgetAt = unpacking.number();
        long time = 0;
        while (unpacking.hasMore()) {
            time += unpacking.signed();
            int place = size;
            insert(place, time);
            long revisionAndOrdered = unpacking.number();
            ordered[place] = (revisionAndOrdered & 1) == 1;
            revision[place] = revisionAndOrdered >>> 1;
            counts[place] = unpacking.number();
            if (ordered[place]) {
                alerted[place] = unpacking.number();
            } else {
                records[place] = unpacking.number();
            }
        }
    }

    /** Without the snapshots before {@code oldest}, but for the last of them. */
    byte[] pack(long oldest) {
        int from = 0;
        while (from + 1 < size && ordered[from] && times[from + 1] <= oldest) {
            from++;
        }
        packing.reset();
        packing.number(forgetAt);
        long before = 0;
        for (int i = from; i < size; i++) {
            packing.signed(times[i] - before);
            before = times[i];
            packing.number(revision[i] << 1 | (ordered[i] ? 1 : 0));
            packing.number(counts[i]);
            packing.number(ordered[i] ? alerted[i] : records[i]);
        }
        return packing.packed();
    }

    /** Place of the snapshot of {@code time}; {@code -(place where it would be) - 1} when there is none. */
    int find(long time) {
        return Arrays.binarySearch(times, 0, size, time);
    }

    void insert(int place, long time) {
        if (size == times.length) {
            int more = size * 2;
            times = Arrays.copyOf(times, more);
            counts = Arrays.copyOf(counts, more);
            revision = Arrays.copyOf(revision, more);
            records = Arrays.copyOf(records, more);
            alerted = Arrays.copyOf(alerted, more);
            ordered = Arrays.copyOf(ordered, more);
        }
        int behind = size - place;
        System.arraycopy(times, place, times, place + 1, behind);
        System.arraycopy(counts, place, counts, place + 1, behind);
        System.arraycopy(revision, place, revision, place + 1, behind);
        System.arraycopy(records, place, records, place + 1, behind);
        System.arraycopy(alerted, place, alerted, place + 1, behind);
        System.arraycopy(ordered, place, ordered, place + 1, behind);
        times[place] = time;
        counts[place] = 0;
        revision[place] = 0;
        records[place] = 0;
        alerted[place] = 0;
        ordered[place] = false;
        size++;
    }

    /** The newest moment that the watermark has passed, as far as this user's snapshots tell. */
    long orderedUntil() {
        for (int i = size - 1; i >= 0; i--) {
            if (ordered[i]) {
                return times[i];
            }
        }
        return Long.MIN_VALUE;
    }
}
