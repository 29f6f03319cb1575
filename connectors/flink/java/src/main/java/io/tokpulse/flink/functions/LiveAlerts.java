package io.tokpulse.flink.functions;

import io.tokpulse.flink.memory.HeapInUse;
import io.tokpulse.flink.thresholds.PublishedThresholds;
import io.tokpulse.flink.thresholds.Thresholds;
import io.tokpulse.flink.thresholds.Thresholds.Live;
import java.time.Duration;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * Which LIVE rooms have more viewers, or get more diamonds within a minute, than the tier of their host allows for.
 *
 * <p>{@code live_alerts(rooms => TABLE t PARTITION BY host)}: viewer counts and gifts of a host's rooms, and snapshots of the host's
 * followers. Each is judged when it is read, by the thresholds in force when it was received, and against the latest snapshot of five
 * minutes before or earlier. The watermark decides nothing, so that only the order of a room's records matters, which is that of its
 * partition. A room that has alerted is quiet for a while, for viewers and for diamonds by itself. See {@link RoomMinute} for what
 * counts as a diamond.
 *
 * <p>State per host is one value, see {@link RoomMinute}; one timer, to be forgotten two days after the newest record, or a month after the
 * newest snapshot.
 */
@DataTypeHint(
        value =
                "ROW<room_id STRING NOT NULL, what STRING NOT NULL, observed_at TIMESTAMP(3) NOT NULL, reached BIGINT NOT NULL,"
                        + " host_follower_count BIGINT, tier STRING NOT NULL, threshold DOUBLE NOT NULL,"
                        + " threshold_version STRING NOT NULL>",
        bridgedTo = RowData.class)
public final class LiveAlerts extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private static final StringData VIEWERS = StringData.fromString("viewers");
    private static final StringData DIAMONDS = StringData.fromString("diamonds");
    private static final long SETTLED = Duration.ofMinutes(5).toMillis();
    private static final long REMEMBERED = Duration.ofDays(2).toMillis();

    private transient PublishedThresholds published;
    private transient RoomMinute rooms;

    /** What is remembered of a host: {@link RoomMinute}, packed. */
    public static class Known {
        public byte[] rooms;
    }

    @Override
    public void open(FunctionContext context) throws Exception {
        HeapInUse.report(context.getMetricGroup());
        open(PublishedThresholds.of(context));
    }

    void open(PublishedThresholds thresholds) {
        published = thresholds;
        rooms = new RoomMinute();
    }

    /** One record: of a room with {@code viewer_count} or a gift, of the host with {@code follower_count}. */
    public void eval(
            Context context,
            @StateHint(name = "known", ttl = Forgetting.NO_TTL) Known known,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "rooms",
                            type =
                                    @DataTypeHint(
                                            value =
                                                    "ROW<host STRING, room_id STRING, event_id STRING, combo STRING, is_named BOOLEAN,"
                                                            + " repeat_count BIGINT, repeat_end BOOLEAN, diamond_count BIGINT,"
                                                            + " viewer_count BIGINT, follower_count BIGINT, ingested_at BIGINT>",
                                            bridgedTo = RowData.class))
                    RowData row)
            throws Exception {
        long at = row.getLong(10);
        rooms.unpack(known.rooms);
        if (rooms.newest == 0) {
            context.timeContext(Long.class).registerOnTime(at + REMEMBERED);
        }
        if (!row.isNullAt(9)) {
            rooms.learn(at, row.getLong(9), SETTLED);
        } else if (!row.isNullAt(8)) {
            judge(row, VIEWERS, row.getLong(8), at);
        } else if (rooms.add(row, at) > 0) {
            judge(row, DIAMONDS, rooms.diamonds(row.getString(1), at), at);
        }
        rooms.newest = Math.max(rooms.newest, at);
        known.rooms = rooms.pack();
    }

    private void judge(RowData row, StringData what, long reached, long at) throws Exception {
        Thresholds thresholds = published.inForce(at);
        Live rule = thresholds.live();
        if (rule == null) {
            return;
        }
        Long followers = rooms.followers(at - SETTLED);
        StringData tier = thresholds.tierOf(followers).name();
        double threshold = (what == VIEWERS ? rule.viewers() : rule.diamondsPerMinute()).get(tier);
        if (reached < threshold || !rooms.alert(row.getString(1), what == VIEWERS, at, rule.quietMillis())) {
            return;
        }
        collect(
                GenericRowData.of(
                        row.getString(1),
                        what,
                        TimestampData.fromEpochMillis(at),
                        reached,
                        followers,
                        tier,
                        threshold,
                        thresholds.version()));
    }

    /** The host may be forgotten. */
    public void onTimer(OnTimerContext context, Known known) {
        TimeContext<Long> time = context.timeContext(Long.class);
        rooms.unpack(known.rooms);
        long until = rooms.neededUntil(REMEMBERED, Forgetting.REACH);
        if (until <= time.time()) {
            context.clearAllState();
        } else {
            time.registerOnTime(until);
        }
    }
}
