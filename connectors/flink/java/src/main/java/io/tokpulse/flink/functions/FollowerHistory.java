package io.tokpulse.flink.functions;

import io.tokpulse.flink.thresholds.Bases;
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
    /** Whether gains are counted from it ({@link Bases}), by {@link #settle}. */
    boolean[] bases = new boolean[64];

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

    /** Finds the bases among all snapshots. */
    void settle() {
        int base = 0;
        for (int i = 0; i < size; i++) {
            bases[i] = i == 0 || Bases.holds(times[i], counts[i], times[base], counts[base], base < i - 1);
            base = bases[i] ? i : base;
        }
    }

    /** Place of the last snapshot before {@code place} with a follower; -1 when there is none. */
    int lastWithFollowers(int place) {
        int last = place - 1;
        while (last >= 0 && counts[last] == 0) {
            last--;
        }
        return last;
    }

    /**
     * Without the snapshots before {@code oldest}, but for the last of them, and what that is compared with: the last base with a
     * follower, and what is between, of zeros in a row the first.
     */
    byte[] pack(long oldest) {
        int last = 0;
        while (last + 1 < size && ordered[last] && times[last + 1] <= oldest) {
            last++;
        }
        settle();
        int from = last;
        while (from >= 0 && !(bases[from] && counts[from] > 0)) {
            from--;
        }
        packing.reset();
        packing.number(forgetAt);
        long before = 0;
        for (int i = Math.max(from, 0); i < size; i++) {
            if (i > 0 && i < last && counts[i] == 0 && counts[i - 1] == 0) {
                continue;
            }
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
            bases = Arrays.copyOf(bases, more);
        }
        int behind = size - place;
        System.arraycopy(times, place, times, place + 1, behind);
        System.arraycopy(counts, place, counts, place + 1, behind);
        System.arraycopy(revision, place, revision, place + 1, behind);
        System.arraycopy(records, place, records, place + 1, behind);
        System.arraycopy(alerted, place, alerted, place + 1, behind);
        System.arraycopy(ordered, place, ordered, place + 1, behind);
        System.arraycopy(bases, place, bases, place + 1, behind);
        times[place] = time;
        counts[place] = 0;
        revision[place] = 0;
        records[place] = 0;
        alerted[place] = 0;
        ordered[place] = false;
        bases[place] = false;
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
