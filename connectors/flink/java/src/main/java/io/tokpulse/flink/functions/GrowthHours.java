package io.tokpulse.flink.functions;

import io.tokpulse.flink.thresholds.Bases;
import java.util.Arrays;

/**
 * The hours of one post that have left {@link PostGrowth}, oldest first, each with the hour before it that is its base ({@link Bases}).
 * Times are Unix milliseconds. Packed, an hour takes about 12 bytes. Reused for post after post.
 */
final class GrowthHours {

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    private static final long NEVER = -PostHours.HOUR;

    /** The last hour in which somebody saw the post begin, with 0 plays soon after it was published; negative when nobody did. */
    long begun;

    int size;
    long[] start = new long[32];
    long[] plays = new long[32];
    long[] baseStart = new long[32];
    long[] basePlays = new long[32];
    /** Whether the hour before is no base, so that the counter was away. */
    boolean[] away = new boolean[32];

    long[] revision = new long[32];
    boolean[] alerted = new boolean[32];

    void unpack(byte[] packed) {
        size = 0;
        begun = NEVER;
        if (packed == null) {
            return;
        }
        unpacking.reset(packed);
        begun = unpacking.number() * PostHours.HOUR + NEVER;
        long hour = 0;
        while (unpacking.hasMore()) {
            long stepAndFlags = unpacking.number();
            hour += stepAndFlags >>> 2;
            int place = size;
            insert(place, hour * PostHours.HOUR);
            away[place] = (stepAndFlags & 2) != 0;
            alerted[place] = (stepAndFlags & 1) != 0;
            revision[place] = unpacking.number();
            plays[place] = unpacking.number();
            baseStart[place] = (hour - unpacking.number()) * PostHours.HOUR;
            basePlays[place] = plays[place] - unpacking.signed();
        }
    }

    /**
     * Without the hours that ended at {@code oldest} or before, but for the last of them where the counter was away: it knows what the
     * next hour is compared with. The beginning is kept for a month. Null when nothing is left.
     */
    byte[] pack(long oldest) {
        int from = 0;
        while (from < size && start[from] + PostHours.HOUR <= oldest) {
            from++;
        }
        if (from > 0 && !holds(from - 1) && start[from - 1] + Forgetting.REACH > oldest) {
            from--;
        }
        if (begun + Forgetting.REACH < oldest) {
            begun = NEVER;
        }
        if (from == size && begun == NEVER) {
            return null;
        }
        packing.reset();
        packing.number((begun - NEVER) / PostHours.HOUR);
        long before = 0;
        for (int i = from; i < size; i++) {
            long hour = start[i] / PostHours.HOUR;
            packing.number((hour - before) << 2 | (away[i] ? 2 : 0) | (alerted[i] ? 1 : 0));
            before = hour;
            packing.number(revision[i]);
            packing.number(plays[i]);
            packing.number(hour - baseStart[i] / PostHours.HOUR);
            packing.signed(plays[i] - basePlays[i]);
        }
        return packing.packed();
    }

    /** Place of the hour that starts at {@code time}; {@code -(place where it would be) - 1} when it has not left yet. */
    int find(long time) {
        return Arrays.binarySearch(start, 0, size, time);
    }

    /** The last moment of an hour. */
    long endOf(int place) {
        return start[place] + PostHours.HOUR - 1;
    }

    /** Whether an hour is the base of the next one. */
    boolean holds(int place) {
        return Bases.holds(start[place], plays[place], baseStart[place], basePlays[place], away[place]);
    }

    /** Whether the hour before {@code place}, which is at least 1, is the one that comes right before it. */
    boolean follows(int place) {
        return away[place] || baseStart[place] == start[place - 1];
    }

    /** Takes the base of an hour from the hour before it; whether that changed anything. */
    boolean updateBase(int place) {
        boolean holds = holds(place - 1);
        return holds
                ? updateBase(place, start[place - 1], plays[place - 1], false)
                : updateBase(place, baseStart[place - 1], basePlays[place - 1], true);
    }

    /** Sets the base of an hour; whether that changed anything. */
    boolean updateBase(int place, long from, long count, boolean isAway) {
        boolean changed = baseStart[place] != from || basePlays[place] != count || away[place] != isAway;
        baseStart[place] = from;
        basePlays[place] = count;
        away[place] = isAway;
        return changed;
    }

    /**
     * What an hour is compared with: the plays of its base; its own where that says nothing, for the counter is still on its way back, or
     * the base is a 0 with which the post did not begin.
     */
    long compared(int place) {
        boolean comesBack = !holds(place) && !Bases.isFallen(plays[place], basePlays[place]);
        return comesBack || isUnfounded(place) ? plays[place] : basePlays[place];
    }

    private boolean isUnfounded(int place) {
        boolean began = begun != NEVER && start[place] - begun <= Forgetting.REACH;
        return !began && Bases.isUnfounded(plays[place], basePlays[place]);
    }

    void insert(int place, long time) {
        if (size == start.length) {
            int more = size * 2;
            start = Arrays.copyOf(start, more);
            plays = Arrays.copyOf(plays, more);
            baseStart = Arrays.copyOf(baseStart, more);
            basePlays = Arrays.copyOf(basePlays, more);
            away = Arrays.copyOf(away, more);
            revision = Arrays.copyOf(revision, more);
            alerted = Arrays.copyOf(alerted, more);
        }
        int behind = size - place;
        System.arraycopy(start, place, start, place + 1, behind);
        System.arraycopy(plays, place, plays, place + 1, behind);
        System.arraycopy(baseStart, place, baseStart, place + 1, behind);
        System.arraycopy(basePlays, place, basePlays, place + 1, behind);
        System.arraycopy(away, place, away, place + 1, behind);
        System.arraycopy(revision, place, revision, place + 1, behind);
        System.arraycopy(alerted, place, alerted, place + 1, behind);
        start[place] = time;
        plays[place] = 0;
        baseStart[place] = time;
        basePlays[place] = 0;
        away[place] = false;
        revision[place] = 0;
        alerted[place] = false;
        size++;
    }
}
