package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import io.tokpulse.flink.thresholds.PublishedThresholds;
import io.tokpulse.flink.thresholds.Thresholds.Momentum;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * Which posts gain plays so fast that they may alert before the hour is over.
 *
 * <p>{@code post_momentum(posts => TABLE t PARTITION BY aweme_id)}. An observation is judged when it is read, against one of 30 to 60
 * minutes before it: see {@link MomentumWindow}. It leaves when it gained at least the plays per hour of the tier that wants least, and
 * the last hour has observations enough; {@link PostGrowth} knows the author's tier and when the post alerted last. One that is not newer
 * than all before it never leaves, but may be a base. The watermark decides nothing, so that only the order of a post's records matters,
 * which is that of its partition.
 *
 * <p>State per post is one value, see {@link MomentumWindow}; one timer, to be forgotten a month after the newest observation. A post that
 * was not seen for so long is new again.
 */
@DataTypeHint(
        value =
                "ROW<author_id STRING NOT NULL, observed_at BIGINT NOT NULL, play_count BIGINT NOT NULL, base_at TIMESTAMP(3) NOT NULL,"
                        + " base_play_count BIGINT NOT NULL>",
        bridgedTo = RowData.class)
public final class PostMomentum extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private transient long remembered;
    private transient PublishedThresholds published;
    private transient MomentumWindow window;

    /** What is remembered of a post: {@link MomentumWindow}, packed. */
    public static class Known {
        public byte[] window;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        HeapInUse.report(context.getMetricGroup());
        open(LateBound.of(context), PublishedThresholds.of(context));
    }

    void open(long lateBound, PublishedThresholds thresholds) {
        remembered = Forgetting.after(lateBound);
        published = thresholds;
        window = new MomentumWindow();
    }

    /** Plays per hour, as both functions compare them with a threshold. */
    static double perHour(long delta, long millis) {
        return (double) delta * PostHours.HOUR / millis;
    }

    /** One observation; {@code begins} when somebody saw the post begin. */
    public void eval(
            Context context,
            @StateHint(name = "known", ttl = Forgetting.NO_TTL) Known known,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "posts",
                            type =
                                    @DataTypeHint(
                                            value =
                                                    "ROW<aweme_id STRING, author_id STRING, play_count BIGINT, ingested_at BIGINT,"
                                                            + " begins BOOLEAN>",
                                            bridgedTo = RowData.class))
                    RowData post)
            throws Exception {
        long at = post.getLong(3);
        long plays = post.getLong(2);
        window.unpack(known.window);
        if (window.isNew) {
            context.timeContext(Long.class).registerOnTime(at + remembered);
        } else if (at - window.newest > Forgetting.REACH) {
            window.clear();
        }
        if (post.getBoolean(4)) {
            window.begin();
        }
        if (!window.isNew && at <= window.newest) {
            if (window.takeLate(at, plays) || post.getBoolean(4)) {
                known.window = window.pack();
            }
            return;
        }
        if (window.judge(at, plays) && plays > window.foundPlays) {
            say(post, at, plays);
        }
        window.takeNewest(at, plays);
        known.window = window.pack();
    }

    private void say(RowData post, long at, long plays) throws Exception {
        Momentum rule = published.inForce(at).momentum();
        double rate = perHour(plays - window.foundPlays, at - window.foundAt);
        if (rule != null && window.observations >= rule.observations() && rate >= rule.least()) {
            collect(
                    GenericRowData.of(
                            post.getString(1), at, plays, TimestampData.fromEpochMillis(window.foundAt), window.foundPlays));
        }
    }

    /** The post may be forgotten. */
    public void onTimer(OnTimerContext context, Known known) {
        TimeContext<Long> time = context.timeContext(Long.class);
        window.unpack(known.window);
        if (window.isNew || window.newest + remembered <= time.time()) {
            context.clearAllState();
        } else {
            time.registerOnTime(window.newest + remembered);
        }
    }
}
