package io.tokpulse.flink.watermark;

import static io.tokpulse.flink.watermark.HandTask.IDLE;
import static io.tokpulse.flink.watermark.HandTask.SETTLE;
import static io.tokpulse.flink.watermark.HandTask.TICK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tokpulse.flink.watermark.HandTask.Log;
import java.util.List;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class TaskWatermarksTest {

    /** The first question is asked, and its answer read, in the ticks that follow the timeout. */
    private static final long SILENCE = IDLE + 5 * TICK;
    private static final long NEVER = 100 * IDLE;

    private final HandTask task = new HandTask();

    @Test
    void theSlowestPartitionIsTheTasksWatermark() {
        Log one = task.log();
        Log other = task.log();
        one.read(10_000);
        task.pass(TICK);
        assertEquals(List.of(), task.said());
        other.read(5_000);
        task.pass(TICK);
        other.read(20_000);
        task.pass(TICK);
        assertEquals(List.of("4999", "9999"), task.said());
        assertEquals(0, task.questions);
    }

    @Test
    void aDrainedPartitionIsIdleAfterTheTimeout() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        for (long time = 20_000; time < 20_000 + IDLE; time += TICK) {
            busy.read(time);
            task.pass(TICK);
        }
        assertEquals("9999", task.last());
        for (int ticks = 0; ticks < 10; ticks++) {
            busy.read(60_000 + ticks);
            task.pass(TICK);
        }
        assertTrue(quiet.partition.idle());
        assertTrue(Long.parseLong(task.last()) >= 59_999, task.last());
        assertEquals(1, task.watermarks.drained());
        assertEquals(0, task.watermarks.lagging());
    }

    @Test
    void aPartitionWithoutARecordSinceTheBeginningIsDrainedToo() {
        Log empty = task.log();
        Log busy = task.log();
        task.pass(SILENCE);
        busy.read(90_000);
        task.pass(SETTLE + 10 * TICK);
        assertTrue(empty.partition.idle());
        assertEquals("89999", task.last());
    }

    @Test
    void aPartitionIsNeverIdleWhileRecordsWait() {
        Log slow = task.log();
        Log busy = task.log();
        slow.read(10_000);
        slow.write(11_000);
        for (long time = 20_000; time < 20_000 + 4 * IDLE; time += 1_000) {
            busy.read(time);
            task.pass(1_000);
        }
        task.pass(NEVER);
        assertFalse(slow.partition.idle());
        assertEquals(List.of("9999"), task.said());
        assertEquals(1, task.watermarks.lagging());
        slow.read();
        task.pass(TICK);
        assertEquals("10999", task.last());
    }

    @Test
    void marksOfTransactionsAreNothingThatWaits() {
        Log log = task.log();
        log.read(10_000);
        log.mark();
        task.pass(SILENCE);
        assertFalse(log.partition.idle());
        log.pass();
        task.pass(SILENCE);
        assertEquals(List.of("9999", "idle"), task.said());
    }

    @Test
    void withoutAnAnswerNoPartitionIsIdle() {
        Log log = task.log();
        log.read(10_000);
        task.brokerWaits();
        task.pass(NEVER);
        assertEquals(List.of("9999"), task.said());
        assertEquals(1, task.questions);
        task.brokerFails();
        task.pass(NEVER);
        assertEquals(List.of("9999"), task.said());
        task.brokerIsBack();
        task.pass(2 * TICK);
        assertEquals(List.of("9999", "idle"), task.said());
    }

    @Test
    void anIdlePartitionThatTheBrokerNoLongerAnswersForHoldsTheWatermark() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        busy.read(20_000);
        task.pass(SILENCE);
        assertTrue(quiet.partition.idle());
        busy.read(30_000);
        task.pass(SETTLE + 10 * TICK);
        assertEquals("29999", task.last());
        task.brokerFails();
        busy.read(40_000);
        task.pass(NEVER);
        assertEquals("29999", task.last());
        task.brokerIsBack();
        task.pass(SILENCE);
        assertEquals("39999", task.said().get(task.said().size() - 2));
    }

    @Test
    void whatIsEmittedAfterTheQuestionDoesNotMoveThePassingWatermark() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        busy.read(20_000);
        task.pass(IDLE - TICK);
        busy.read(30_000);
        task.brokerWaits();
        task.pass(3 * TICK);
        assertEquals(1, task.questions);
        // Only now are these in the logs; the broker may have looked at the quiet one before.
        busy.read(3_600_000);
        task.pass(TICK);
        task.brokerAnswers();
        task.pass(TICK);
        assertEquals("29999", task.last());
        task.pass(5 * TICK);
        assertEquals("3599999", task.last());
    }

    @Test
    void whoWasIdleIsAskedAgainBeforeTheOthersGoOn() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        for (long time = 20_000; time < 20_000 + IDLE + 10 * TICK; time += TICK) {
            busy.read(time);
            task.pass(TICK);
        }
        assertTrue(quiet.partition.idle());
        String before = task.last();
        // Both go on; the consumer hands over the busy one's records first, as many as it has.
        quiet.write(60_000);
        busy.read(3_600_000);
        task.pass(NEVER);
        assertEquals(before, task.last());
        quiet.read();
        busy.read(3_600_001);
        task.pass(TICK);
        assertEquals("59999", task.last());
    }

    @Test
    void aStopIsNoSilence() {
        Log one = task.log();
        Log other = task.log();
        one.read(10_000);
        other.read(10_000);
        task.pass(TICK);
        // Records come while the process stands still, and of one partition they are read first.
        one.write(3_600_000);
        other.write(20_000);
        task.stop(NEVER);
        task.pass(TICK);
        one.read();
        task.pass(NEVER);
        assertEquals(List.of("9999"), task.said());
        other.read();
        task.pass(TICK);
        assertEquals("19999", task.last());
    }

    @Test
    void anAnswerFromBeforeAStopProvesNothingAboutWhatCameAfterIt() {
        Log one = task.log();
        Log other = task.log();
        one.read(10_000);
        other.read(10_000);
        task.pass(IDLE - TICK);
        one.read(20_000);
        task.brokerWaits();
        task.pass(3 * TICK);
        task.brokerAnswers();
        task.stop(NEVER);
        one.write(3_600_000);
        other.write(30_000);
        one.read();
        task.pass(NEVER);
        // After a stop the task settles, and says so.
        assertEquals("10000", task.last());
        other.read();
        task.pass(TICK);
        assertEquals("29999", task.last());
    }

    @Test
    void aPartitionThatComesWhileAQuestionIsOutHoldsTheWatermark() {
        Log quiet = task.log();
        quiet.read(10_000);
        Log busy = task.log();
        busy.read(20_000);
        task.pass(IDLE - TICK);
        busy.read(30_000);
        task.brokerWaits();
        task.pass(3 * TICK);
        Log late = task.log();
        task.brokerAnswers();
        task.pass(TICK);
        assertEquals(List.of("9999"), task.said());
        late.read(15_000);
        busy.read(31_000);
        task.pass(5 * TICK);
        assertEquals("14999", task.last());
    }

    @Test
    void allIdleIsTheFurthestWatermark() {
        task.log().read(10_000);
        task.log().read(20_000);
        task.pass(SILENCE);
        assertEquals(List.of("9999", "19999", "idle"), task.said());
    }

    @Test
    void aTaskWithoutPartitionsIsIdleAfterTheTimeoutInWhichItRan() {
        task.stop(NEVER);
        task.pass(10 * TICK);
        assertEquals(List.of(), task.said());
        task.pass(IDLE);
        assertEquals(List.of("idle"), task.said());
        task.log().read(20_000);
        task.pass(SETTLE + TICK);
        assertEquals(List.of("idle", "active", "1", "19999"), task.said());
    }

    @Test
    void withoutATimeoutNothingIsIdleAndNobodyIsAsked() {
        HandTask bounded = new HandTask(new Patience(0, SETTLE));
        bounded.log().read(10_000);
        Log empty = bounded.log();
        bounded.pass(NEVER);
        assertEquals(List.of(), bounded.said());
        assertEquals(0, bounded.questions);
        // Read to its end.
        bounded.watermarks.remove(empty.partition.getTopicPartition());
        bounded.pass(TICK);
        assertEquals(List.of("9999"), bounded.said());
    }

    @Test
    void afterARestartTheWatermarkIsThatOfBefore() {
        Log one = task.log();
        Log other = task.log();
        one.read(10_000);
        other.read(20_000);
        task.pass(TICK);
        HandTask restarted = new HandTask(new Patience(IDLE, SETTLE), one.split(), other.split());
        assertEquals(List.of("9999"), restarted.said());
        restarted.log(0).read(15_000);
        restarted.log(1).read(12_000);
        restarted.pass(TICK);
        assertEquals(List.of("9999", "14999"), restarted.said());
    }

    @Test
    void afterARestartWhatWasIdleNeedsALookAtItsLogAndNoSecondTimeout() {
        Log quiet = task.log();
        Log busy = task.log();
        quiet.read(10_000);
        for (long time = 20_000; time < 20_000 + IDLE + 10 * TICK; time += TICK) {
            busy.read(time);
            task.pass(TICK);
        }
        long before = Long.parseLong(task.last());
        KafkaPartitionSplit[] splits = {quiet.split(), busy.split()};

        HandTask restarted = new HandTask(new Patience(IDLE, SETTLE), splits);
        assertEquals(List.of(Long.toString(before)), restarted.said());
        restarted.log(1).read(100_000);
        restarted.pass(5 * TICK);
        assertEquals("99999", restarted.last());

        HandTask behind = new HandTask(new Patience(IDLE, SETTLE), splits);
        behind.log(0).write(60_000);
        behind.pass(TICK);
        behind.log(1).read(100_000);
        behind.pass(NEVER);
        assertTrue(Long.parseLong(behind.last()) < 60_000, behind.last());
    }

    @Test
    void afterARestartNothingIsIdleBeforeItsLogIsAskedFor() {
        Log quiet = task.log();
        quiet.read(10_000);
        task.pass(SILENCE);
        assertEquals("idle", task.last());
        HandTask unreachable = new HandTask(new Patience(IDLE, SETTLE), false, quiet.split());
        unreachable.pass(NEVER);
        assertEquals(List.of("9999"), unreachable.said());
        // Still without a second timeout, if it restarts again before it has got an answer.
        HandTask again = new HandTask(new Patience(IDLE, SETTLE), unreachable.log(0).split());
        again.pass(2 * TICK);
        assertEquals(List.of("9999", "idle"), again.said());
    }

    @Test
    void splitsOfFlinksOwnSourceHaveNoWatermark() {
        HandTask first = new HandTask(new Patience(IDLE, SETTLE), new KafkaPartitionSplit(new TopicPartition("topic", 0), 7));
        assertEquals(List.of(), first.said());
        first.pass(SILENCE);
        assertEquals(List.of("idle"), first.said());
    }
}
