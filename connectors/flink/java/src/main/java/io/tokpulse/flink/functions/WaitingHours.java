package io.tokpulse.flink.functions;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.data.StringData;

/** The posts of an author whose hour has closed, but not yet for all topics: one packed value an hour, to which posts are added. */
final class WaitingHours {

    /** An hour of a post that has an earlier hour. Times are Unix milliseconds. */
    record Waiting(StringData aweme, long start, long plays, long prevStart, long prevPlays) {}

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();

    /** {@code packed}, null for none, and one more. */
    byte[] with(byte[] packed, Waiting hour) {
        packing.reset();
        if (packed != null) {
            packing.raw(packed);
        }
        packing.text(hour.aweme().toBytes());
        packing.signed(hour.start() / PostHours.HOUR);
        packing.number(hour.plays());
        packing.number((hour.start() - hour.prevStart()) / PostHours.HOUR);
        packing.number(hour.prevPlays());
        return packing.packed();
    }

    /** Of a post that was added twice, what was said last. */
    Collection<Waiting> unpack(byte[] packed) {
        Map<StringData, Waiting> newest = new LinkedHashMap<>();
        if (packed == null) {
            return newest.values();
        }
        unpacking.reset(packed);
        while (unpacking.hasMore()) {
            StringData aweme = StringData.fromBytes(unpacking.text());
            long start = unpacking.signed() * PostHours.HOUR;
            long plays = unpacking.number();
            long prevStart = start - unpacking.number() * PostHours.HOUR;
            newest.put(aweme, new Waiting(aweme, start, plays, prevStart, unpacking.number()));
        }
        return newest.values();
    }
}
