package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.functions.ProcessTableFunction.OnTimerContext;
import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;
import org.apache.flink.table.functions.TableSemantics;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** One user's comments and snapshots, on a clock that the test moves. */
class LatestSnapshotTest {

    private static final long HISTORY = 1_000_000;
    private static final long MINUTE = 60_000;

    private final LatestSnapshot function = new LatestSnapshot();
    private final MapView<Long, Long> counts = new MapView<>();
    private final Row gone = new Row(1);
    private final MapView<Row, Boolean> recent = new MapView<>();
    private final List<String> out = new ArrayList<>();
    private final Clock clock = new Clock();

    @BeforeEach
    void collectRows() {
        function.setCollector(new Collector<>() {
            @Override
            public void collect(Row row) {
                out.add(row.getField(0) + "@" + row.getField(4) + "=" + row.getField(11) + "@" + row.getField(12));
            }

            @Override
            public void close() {}
        });
    }

    @Test
    void aCommentLeavesAtOnceWithTheLatestSnapshotBeforeIt() throws Exception {
        assertEquals(List.of("c@100=null@null"), comment("c", 100));
        snapshot(10, 1);
        snapshot(30, 3);
        snapshot(20, 2);
        assertEquals(List.of("d@25=2@20"), comment("d", 25));
        assertEquals(List.of("e@30=3@30"), comment("e", 30));
        assertEquals(List.of("f@9=null@null"), comment("f", 9));
    }

    @Test
    void aSnapshotSendsOutAgainTheCommentsWhoseAnswerItChanges() throws Exception {
        comment("a", 10);
        comment("b", 20);
        comment("c", 30);
        assertEquals(List.of("b@20=5@15", "c@30=5@15"), sorted(snapshot(15, 5)));
        assertEquals(List.of("c@30=9@25"), snapshot(25, 9));
        assertEquals(List.of("b@20=7@18"), snapshot(18, 7));
        assertEquals(List.of(), snapshot(31, 1));
    }

    @Test
    void ofSeveralSnapshotsOfOneMomentTheLargestCountHolds() throws Exception {
        comment("a", 10);
        assertEquals(List.of("a@10=5@10"), snapshot(10, 5));
        assertEquals(List.of(), snapshot(10, 5));
        assertEquals(List.of(), snapshot(10, 4));
        assertEquals(List.of("a@10=6@10"), snapshot(10, 6));
    }

    @Test
    void theWatermarkEndsTheStateOfComments() throws Exception {
        comment("a", 10);
        comment("b", MINUTE + 1);
        assertEquals(new TreeSet<>(List.of(MINUTE, 2 * MINUTE)), clock.timers);
        advance(MINUTE);
        assertEquals(List.of("b@60001=1@5", "null@null=1@5"), sorted(snapshot(5, 1)));
        advance(2 * MINUTE);
        assertTrue(recent.isEmpty());
        assertEquals(List.of("null@null=2@60001"), snapshot(MINUTE + 1, 2));
        assertEquals(List.of(), snapshot(MINUTE + 2, 3));
    }

    @Test
    void aLateCommentLeavesAtOnceAndIsNotKept() throws Exception {
        snapshot(10, 1);
        advance(100);
        assertEquals(List.of("a@50=1@10"), comment("a", 50));
        assertTrue(recent.isEmpty());
        assertEquals(List.of("null@null=2@50"), snapshot(50, 2));
        assertEquals(List.of(), snapshot(51, 2));
    }

    @Test
    void snapshotsThatNobodyCanNeedAreForgotten() throws Exception {
        for (long at : new long[] {10, 20, 30, 40}) {
            snapshot(at, at);
        }
        advance(HISTORY + 35);
        snapshot(HISTORY + 100, 5);
        assertEquals(new TreeSet<>(List.of(30L, 40L, HISTORY + 100)), new TreeSet<>(counts.getMap().keySet()));
    }

    private List<String> comment(String id, long at) throws Exception {
        Row row = Row.withNames();
        for (String column : List.of("video_id", "text", "create_time", "digg_count", "reply_total", "compound", "label",
                "model", "language")) {
            row.setField(column, null);
        }
        row.setField("comment_id", id);
        return eval(row, at);
    }

    private List<String> snapshot(long at, long count) throws Exception {
        Row row = Row.withNames();
        row.setField("comment_id", null);
        row.setField("follower_count", count);
        return eval(row, at);
    }

    private List<String> eval(Row row, long at) throws Exception {
        out.clear();
        clock.time = at;
        function.eval(clock, counts, gone, recent, row, HISTORY);
        return List.copyOf(out);
    }

    private void advance(long watermark) throws Exception {
        clock.watermark = watermark;
        while (!clock.timers.isEmpty() && clock.timers.first() <= watermark) {
            clock.timers.pollFirst();
            function.onTimer(clock, counts, gone, recent);
        }
    }

    private static List<String> sorted(List<String> rows) {
        return rows.stream().sorted().toList();
    }

    /** Context and time in one; what the function does not use is not there. */
    private static final class Clock implements OnTimerContext, TimeContext<Long> {

        private final TreeSet<Long> timers = new TreeSet<>();
        private long time;
        private Long watermark;

        @Override
        @SuppressWarnings("unchecked")
        public <T> TimeContext<T> timeContext(Class<T> type) {
            assertEquals(Long.class, type);
            return (TimeContext<T>) this;
        }

        @Override
        public Long time() {
            return time;
        }

        @Override
        public Long currentWatermark() {
            return watermark;
        }

        @Override
        public void registerOnTime(Long at) {
            timers.add(at);
        }

        @Override
        public Long tableWatermark() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void registerOnTime(String name, Long at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearTimer(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearTimer(Long at) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearAllTimers() {
            throw new UnsupportedOperationException();
        }

        @Override
        public String currentTimer() {
            throw new UnsupportedOperationException();
        }

        @Override
        public TableSemantics tableSemanticsFor(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearState(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearAllState() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void clearAll() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChangelogMode getChangelogMode() {
            throw new UnsupportedOperationException();
        }
    }
}
