package io.tokpulse.flink.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.TreeSet;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.functions.ProcessTableFunction.OnTimerContext;
import org.apache.flink.table.functions.ProcessTableFunction.TimeContext;
import org.apache.flink.table.functions.TableSemantics;

/** The watermark and the timers of one key, moved by a test. */
final class HandClock implements OnTimerContext, TimeContext<Long> {

    /** What a timer calls. */
    interface OnTimer {
        void run() throws Exception;
    }

    private final TreeSet<Long> timers = new TreeSet<>();
    private Long watermark;
    private Long firing;
    private final Runnable clear;
    private boolean forgot;

    HandClock() {
        this(() -> {});
    }

    /** {@code clear} empties the test's state, as Flink does its own. */
    HandClock(Runnable clear) {
        this.clear = clear;
    }

    /** Moves the watermark and fires what it has passed, oldest first, as Flink does. */
    void advance(long to, OnTimer onTimer) throws Exception {
        watermark = watermark == null ? to : Math.max(watermark, to);
        while (!timers.isEmpty() && timers.first() <= watermark) {
            firing = timers.pollFirst();
            onTimer.run();
        }
        firing = null;
    }

    /** Whether the function has dropped all that it knew, since this was last asked. */
    boolean forgot() {
        boolean answer = forgot;
        forgot = false;
        return answer;
    }

    /** A restart: timers are in state, the watermark is not. */
    void restart() {
        watermark = null;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> TimeContext<T> timeContext(Class<T> conversionClass) {
        assertEquals(Long.class, conversionClass);
        return (TimeContext<T>) this;
    }

    @Override
    public Long time() {
        return firing;
    }

    @Override
    public Long tableWatermark() {
        return watermark;
    }

    @Override
    public Long currentWatermark() {
        return watermark;
    }

    @Override
    public void registerOnTime(Long time) {
        timers.add(time);
    }

    @Override
    public void registerOnTime(String name, Long time) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void clearTimer(Long time) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void clearTimer(String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void clearAllTimers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String currentTimer() {
        return null;
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
        clear.run();
        forgot = true;
    }

    @Override
    public void clearAll() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }
}
