package io.tokpulse.flink.functions;

import io.tokpulse.flink.thresholds.Bases;
import java.util.Arrays;

/**
 * The last hour of observations of one post, oldest first, as {@link PostMomentum} remembers them, and what came before in four numbers.
 * Times are Unix milliseconds.
 *
 * <p>Observations less than 30 seconds apart are one, so that an hour has at most 122. Packed, one takes 4 to 8 bytes, and the rest 25.
 * Reused for post after post.
 */
final class MomentumWindow {

    static final long LEAST = 1_800_000L;
    static final long MOST = 3_600_000L;
    private static final long APART = 30_000L;

    private static final int BEGUN = 1;
    private static final int SETTLED = 2;
    private static final int AWAY = 4;

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    /** Whether nothing is known of the post. */
    boolean isNew;
    /** When the newest observation was taken that has been seen. */
    long newest;
    /** Whether somebody saw the post begin, with 0 plays soon after it was published. */
    private boolean begun;

    private int size;
    private long[] times = new long[16];
    private long[] plays = new long[16];

    /** What all observations of before say of the next one: its base, whether there was something between, and the most plays. */
    private boolean isSettled;
    private long settledAt;
    private long settledPlays;
    private boolean settledAway;
    private long settledMost;

    /** As the four above, while observations are gone through. */
    private boolean hasBase;
    private long baseAt;
    private long basePlays;
    private boolean away;
    private long most;

    /** What {@link #judge} found: the base, and how many observations of the last hour are counted. */
    long foundAt;
    long foundPlays;
    int observations;

    void unpack(byte[] packed) {
        clear();
        if (packed == null) {
            return;
        }
        isNew = false;
        unpacking.reset(packed);
        int flags = (int) unpacking.number();
        begun = (flags & BEGUN) != 0;
        isSettled = (flags & SETTLED) != 0;
        settledAway = (flags & AWAY) != 0;
        newest = unpacking.signed();
        if (isSettled) {
            settledAt = newest - unpacking.number();
            settledPlays = unpacking.number();
            settledMost = settledPlays + unpacking.number();
        }
        long time = newest - MOST - APART;
        long count = isSettled ? settledPlays : 0;
        while (unpacking.hasMore()) {
            time += unpacking.number();
            count += unpacking.signed();
            insert(size, time, count);
        }
    }

    byte[] pack() {
        packing.reset();
        packing.number((begun ? BEGUN : 0) | (isSettled ? SETTLED : 0) | (settledAway ? AWAY : 0));
        packing.signed(newest);
        if (isSettled) {
            packing.number(newest - settledAt);
            packing.number(settledPlays);
            packing.number(settledMost - settledPlays);
        }
        long time = newest - MOST - APART;
        long count = isSettled ? settledPlays : 0;
        for (int i = 0; i < size; i++) {
            packing.number(times[i] - time);
            packing.signed(plays[i] - count);
            time = times[i];
            count = plays[i];
        }
        return packing.packed();
    }

    /** Forgets all, as a post that is seen for the first time. */
    void clear() {
        isNew = true;
        begun = false;
        isSettled = false;
        settledAway = false;
        size = 0;
    }

    /** The post was seen to begin. */
    void begin() {
        begun = true;
    }

    /** Takes an observation that is not newer than all others; whether that changed anything. */
    boolean takeLate(long at, long count) {
        return at >= newest - MOST && keep(at, count);
    }

    /** Takes an observation that is newer than all others. */
    void takeNewest(long at, long count) {
        isNew = false;
        newest = at;
        settle(at - MOST - APART);
        keep(at, count);
    }

    /**
     * Whether an observation that is newer than all others has a base: the newest one that is 30 to 60 minutes older and shows the most
     * plays of all before it. None has one whose counter is away, nor a large count where the post began with 0 and nobody saw it.
     */
    boolean judge(long at, long count) {
        hasBase = isSettled;
        baseAt = settledAt;
        basePlays = settledPlays;
        away = settledAway;
        most = settledMost;
        boolean found = false;
        observations = size > 0 && at - times[size - 1] < APART ? 0 : 1;
        for (int i = 0; i < size; i++) {
            if (follow(times[i], plays[i]) && times[i] >= at - MOST) {
                observations++;
                if (times[i] <= at - LEAST && plays[i] == most) {
                    found = true;
                    foundAt = times[i];
                    foundPlays = plays[i];
                }
            }
        }
        return found
                && Bases.holds(at, count, baseAt, basePlays, away)
                && (begun || !Bases.isUnfounded(count, foundPlays));
    }

    /** Goes on to the next observation: whether it is counted. */
    private boolean follow(long at, long count) {
        if (hasBase && !Bases.holds(at, count, baseAt, basePlays, away)) {
            away = true;
            return false;
        }
        boolean isLoss = hasBase && basePlays >= Bases.LARGE && Bases.isFallen(count, basePlays);
        most = !hasBase || isLoss ? count : Math.max(count, most);
        hasBase = true;
        baseAt = at;
        basePlays = count;
        away = false;
        return true;
    }

    /** Drops the observations of before {@code oldest}: no other can come between them any more. */
    private void settle(long oldest) {
        int from = 0;
        hasBase = isSettled;
        baseAt = settledAt;
        basePlays = settledPlays;
        away = settledAway;
        most = settledMost;
        while (from < size && times[from] < oldest) {
            follow(times[from], plays[from]);
            from++;
        }
        isSettled = hasBase;
        settledAt = baseAt;
        settledPlays = basePlays;
        settledAway = away;
        settledMost = most;
        size -= from;
        System.arraycopy(times, from, times, 0, size);
        System.arraycopy(plays, from, plays, 0, size);
    }

    /** Whether it is far enough from the others. */
    private boolean keep(long at, long count) {
        int place = Arrays.binarySearch(times, 0, size, at);
        if (place >= 0) {
            return false;
        }
        place = -place - 1;
        if (place > 0 && at - times[place - 1] < APART || place < size && times[place] - at < APART) {
            return false;
        }
        insert(place, at, count);
        return true;
    }

    private void insert(int place, long at, long count) {
        if (size == times.length) {
            times = Arrays.copyOf(times, size * 2);
            plays = Arrays.copyOf(plays, size * 2);
        }
        System.arraycopy(times, place, times, place + 1, size - place);
        System.arraycopy(plays, place, plays, place + 1, size - place);
        times[place] = at;
        plays[place] = count;
        size++;
    }
}
