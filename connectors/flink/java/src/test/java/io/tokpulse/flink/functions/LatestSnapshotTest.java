package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** One user's comments and snapshots, under a watermark that the test moves. */
class LatestSnapshotTest {

    private static final long HISTORY = 1_000_000;
    private static final long HOUR = 3_600_000;

    private final LatestSnapshot function = new LatestSnapshot();
    private final LatestSnapshot.Known known = new LatestSnapshot.Known();
    private final List<String> out = new ArrayList<>();
    private final HandClock clock = new HandClock();

    @BeforeEach
    void collectRows() {
        function.setCollector(new Collector<>() {
            @Override
            public void collect(Row row) {
                out.add(row.getField(0) + "@" + row.getField(1));
            }

            @Override
            public void close() {}
        });
    }

    @Test
    void aCommentLeavesAtOnceWithTheLatestSnapshotBeforeIt() throws Exception {
        assertEquals(List.of("null@null"), comment(5));
        snapshot(10, 1);
        snapshot(30, 3);
        snapshot(20, 2);
        assertEquals(List.of("2@20"), comment(25));
        assertEquals(List.of("3@30"), comment(30));
        assertEquals(List.of("null@null"), comment(9));
    }

    @Test
    void aSnapshotLeavesIfAnEqualOrNewerCommentHas() throws Exception {
        assertEquals(List.of(), snapshot(HOUR + 40, 4));
        comment(HOUR + 20);
        comment(HOUR + 30);
        comment(10);
        assertEquals(List.of("5@15"), snapshot(15, 5));
        assertEquals(List.of("9@" + (HOUR + 30)), snapshot(HOUR + 30, 9));
        // No comment is as late as that, but the state is not written for each comment of an hour.
        assertEquals(List.of("1@" + (2 * HOUR - 1)), snapshot(2 * HOUR - 1, 1));
        assertEquals(List.of(), snapshot(2 * HOUR, 1));
    }

    @Test
    void ofSeveralSnapshotsOfOneMomentTheLargestCountHolds() throws Exception {
        comment(10);
        assertEquals(List.of("5@10"), snapshot(10, 5));
        assertEquals(List.of(), snapshot(10, 5));
        assertEquals(List.of(), snapshot(10, 4));
        assertEquals(List.of("6@10"), snapshot(10, 6));
        assertEquals(List.of("6@10"), comment(11));
    }

    @Test
    void snapshotsThatNobodyCanNeedAreForgotten() throws Exception {
        for (long at : new long[] {10, 20, 30, 40}) {
            snapshot(at, at);
        }
        clock.advance(HISTORY + 35, () -> {});
        snapshot(HISTORY + 100, 5);
        assertArrayEquals(new long[] {30, 40, HISTORY + 100}, known.times);
        assertArrayEquals(new long[] {30, 40, 5}, known.counts);
        // A comment that comes that late finds what was known then.
        assertEquals(List.of("30@30"), comment(35));
    }

    private List<String> comment(long at) throws Exception {
        return eval(at, "a comment", null);
    }

    private List<String> snapshot(long at, long count) throws Exception {
        return eval(at, null, count);
    }

    private List<String> eval(long at, String commentId, Long count) throws Exception {
        Row row = Row.withNames();
        row.setField("comment_id", commentId);
        row.setField("follower_count", count);
        row.setField("ingested_at", at);
        out.clear();
        function.eval(clock, known, row, HISTORY);
        return List.copyOf(out);
    }
}
