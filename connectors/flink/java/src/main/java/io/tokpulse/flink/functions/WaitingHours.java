package io.tokpulse.flink.functions;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.data.StringData;

/**
 * The posts of an author that wait for the same moment, until all topics have been read so far: one packed value a moment, to which posts
 * are added. Hours wait that have closed, and observations.
 */
final class WaitingHours {

    /** An hour or an observation of a post with the earlier one that it is compared with. Times are Unix milliseconds. */
    record Waiting(StringData aweme, long start, long plays, long prevStart, long prevPlays) {}

    private final Packing packing = new Packing();
    private final Unpacking unpacking = new Unpacking();
    private final long unit;

    /** All times are multiples of {@code unit}, in milliseconds. */
    WaitingHours(long unit) {
        this.unit = unit;
    }

    /** {@code packed}, null for none, and one more. */
    byte[] with(byte[] packed, Waiting hour) {
        packing.reset();
        if (packed != null) {
            packing.raw(packed);
        }
        packing.text(hour.aweme().toBytes());
        packing.signed(hour.start() / unit);
        packing.number(hour.plays());
        packing.number((hour.start() - hour.prevStart()) / unit);
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
            long start = unpacking.signed() * unit;
            long plays = unpacking.number();
            long prevStart = start - unpacking.number() * unit;
            newest.put(aweme, new Waiting(aweme, start, plays, prevStart, unpacking.number()));
        }
        return newest.values();
    }
}
