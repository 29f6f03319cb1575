package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tokpulse.flink.functions.WaitingHours.Waiting;
import java.util.HexFormat;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;

/**
 * The bytes that savepoints hold. Who changes one gives the function another {@code uid} in sql/30_marts, so that Flink refuses a
 * savepoint from before instead of reading nonsense from it, and then changes the bytes here.
 */
class PackedStateTest {

    private static final long HOUR = PostHours.HOUR;

    @Test
    void postHoursOfCounters() {
        PostHours hours = new PostHours();
        hours.author = new byte[] {'a'};
        hours.widen(3);
        hours.insert(0, 5 * HOUR);
        hours.observe(0, new GenericArrayData(new Object[] {300L, 2L, null}));
        hours.closed[0] = true;
        hours.insert(1, 7 * HOUR);
        hours.observe(1, new GenericArrayData(new Object[] {301L, 3L, null}));
        assertPacked("0161030bad0204ae02040001", hours.pack(0));
    }

    @Test
    void trendingHourlyFromBases() {
        GrowthHours hours = new GrowthHours();
        hours.unpack(null);
        hours.begun = 4 * HOUR;
        hours.insert(0, 6 * HOUR);
        hours.plays[0] = 300;
        hours.updateBase(0, 5 * HOUR, 200, false);
        hours.alerted[0] = true;
        hours.insert(1, 7 * HOUR);
        hours.plays[1] = 0;
        hours.updateBase(1, 5 * HOUR, 200, true);
        hours.revision[1] = 2;
        assertPacked("051900ac0201c801060200028f03", hours.pack(0));
    }

    @Test
    void trendingHourlyFromBasesOfAnAuthor() {
        Snapshots snapshots = new Snapshots();
        snapshots.unpack(null);
        snapshots.leftUntil = 1000;
        snapshots.learn(500, 300);
        snapshots.learn(700, 2);
        assertPacked("d00fe807ac02900302", snapshots.pack(0));
        Waiting hour = new Waiting(StringData.fromString("p"), 6 * HOUR, 300, 5 * HOUR, 200);
        assertPacked("01700cac0201c801", new WaitingHours(HOUR).with(null, hour));
        Waiting moment = new Waiting(StringData.fromString("p"), 1000, 300, 400, 200);
        assertPacked("0170d00fac02d804c801", new WaitingHours(1).with(null, moment));
        AlertTimes times = new AlertTimes();
        times.unpack(null);
        times.add(1000);
        times.add(1300);
        assertPacked("e807ac02", times.pack(0));
    }

    @Test
    void momentumCandidates() {
        MomentumWindow window = new MomentumWindow();
        window.unpack(null);
        window.begin();
        window.takeNewest(0, 5);
        window.takeNewest(3 * HOUR, 7);
        window.takeNewest(3 * HOUR + 60_000, 300);
        assertPacked("03c0d7ad0ae0eb96050500d0f2d90104e0d403ca04", window.pack());
    }

    @Test
    void followerHistory() {
        FollowerHistory history = new FollowerHistory();
        history.unpack(null);
        history.forgetAt = 1000;
        history.insert(0, 500);
        history.counts[0] = 300;
        history.ordered[0] = true;
        history.revision[0] = 1;
        history.alerted[0] = 1;
        history.insert(1, 700);
        history.counts[1] = 2;
        history.records[1] = 3;
        assertPacked("e807e80703ac02019003000203", history.pack(0));
    }

    private static void assertPacked(String expected, byte[] packed) {
        assertEquals(expected, HexFormat.of().formatHex(packed));
    }
}
