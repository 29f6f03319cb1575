package io.tokpulse.flink.functions;

import io.tokpulse.flink.functions.WaitingHours.Waiting;
import io.tokpulse.flink.memory.HeapInUse;
import io.tokpulse.flink.thresholds.PublishedThresholds;
import io.tokpulse.flink.thresholds.Thresholds;
import io.tokpulse.flink.thresholds.Thresholds.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.ArgumentTrait;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * Which posts gain plays faster than the threshold of their author's tier: by the hour, and before the hour is over.
 *
 * <p>{@code post_growth(hours_and_snapshots => TABLE t PARTITION BY author_id)}, where a row of {@code t} is
 *
 * <ul>
 *   <li>an hour of a post, which is compared with its base ({@link io.tokpulse.flink.thresholds.Bases}), as a rule the hour before. It
 *       waits until the watermark of posts and snapshots has passed its end, so that the order in which the two topics are read does
 *       not matter, and is judged by the author's latest snapshot as of its last moment and the thresholds in force at its end. It
 *       leaves again with a higher {@code revision} whenever plays, followers or {@code early_alert_at} change within the late bound.
 *       {@code is_alert} is set in the first row of an hour that trends, {@code was_alerted} in that one and in all that follow; {@code
 *       is_away} in one that is no base of the next. {@code early_alert_at} is the first momentum alert from the start of the base on.
 *   <li>an observation of {@link PostMomentum} when {@code observed_at} is set, too. Its {@code kind} is {@code momentum} when it leaves,
 *       which it only does as an alert. It is judged at once, by the latest snapshot of 5 minutes before it: the watermark has passed
 *       that moment unless the job has fallen behind, and then it waits for that. So the tier does not hang on which topic is ahead.
 *   <li>a snapshot of the author when {@code aweme_id} is NULL;
 *   <li>without a {@code prev_window_start}, an hour in which somebody saw the post begin with 0 plays.
 * </ul>
 *
 * <p>State per author: the snapshots of the late bound with the one before (one value), per hour a value of the posts that wait for it, and
 * per post a value of about 12 bytes an hour of the late bound; 4 bytes per momentum alert of the last week. One timer per author and hour,
 * and one to be forgotten.
 */
@DataTypeHint(
        value =
                "ROW<aweme_id STRING NOT NULL, window_start TIMESTAMP(3) NOT NULL, window_end TIMESTAMP(3) NOT NULL,"
                        + " play_count BIGINT NOT NULL, prev_play_count BIGINT NOT NULL, prev_window_end TIMESTAMP(3) NOT NULL,"
                        + " gap_hours SMALLINT NOT NULL, delta_plays BIGINT NOT NULL, delta_plays_per_hour DOUBLE NOT NULL,"
                        + " author_follower_count BIGINT, snapshot_at TIMESTAMP(3), tier STRING NOT NULL, threshold DOUBLE NOT NULL,"
                        + " threshold_version STRING NOT NULL, is_trending BOOLEAN NOT NULL, is_alert BOOLEAN NOT NULL,"
                        + " was_alerted BOOLEAN NOT NULL, revision BIGINT NOT NULL, is_away BOOLEAN NOT NULL,"
                        + " early_alert_at TIMESTAMP(3), kind STRING NOT NULL>",
        bridgedTo = RowData.class)
public final class PostGrowth extends ProcessTableFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private static final StringData TRENDING = StringData.fromString("trending");
    private static final long DAY = Duration.ofDays(1).toMillis();

    /** The one key of the map that holds what is known of the author; a map, for Flink reads it only when it is asked. */
    private static final String AUTHOR = "";

    private transient long bound;
    private transient long quiet;
    private transient long remembered;
    private transient PublishedThresholds published;
    private transient Counter negative;
    private transient Counter negativeBeyondLimit;
    private transient Snapshots snapshots;
    private transient GrowthHours hours;
    private transient WaitingHours waitingHours;
    private transient WaitingHours waitingMoments;
    private transient EarlyAlerts earlyAlerts;

    @Override
    public void open(FunctionContext context) throws Exception {
        HeapInUse.report(context.getMetricGroup());
        open(LateBound.of(context), PublishedThresholds.of(context), context.getMetricGroup());
    }

    void open(long lateBound, PublishedThresholds thresholds, MetricGroup group) {
        bound = lateBound;
        quiet = Math.max(PostHours.HOUR, Forgetting.wholeHours(bound));
        remembered = Forgetting.after(bound);
        published = thresholds;
        MetricGroup metrics = group.addGroup("thresholds");
        negative = metrics.counter("negative_deltas");
        negativeBeyondLimit = metrics.counter("negative_deltas_beyond_limit");
        snapshots = new Snapshots();
        hours = new GrowthHours();
        waitingHours = new WaitingHours(PostHours.HOUR);
        waitingMoments = new WaitingHours(1);
        earlyAlerts = new EarlyAlerts(published, snapshots);
    }

    /** One row of either kind. */
    public void eval(
            Context context,
            @StateHint(name = "author", ttl = Forgetting.NO_TTL) MapView<String, byte[]> author,
            @StateHint(name = "posts", ttl = Forgetting.NO_TTL) MapView<String, byte[]> posts,
            @StateHint(name = "waiting", ttl = Forgetting.NO_TTL) MapView<Long, byte[]> waiting,
            @StateHint(name = "moments", ttl = Forgetting.NO_TTL) MapView<Long, byte[]> moments,
            @StateHint(name = "alerted", ttl = Forgetting.NO_TTL) MapView<String, byte[]> alerted,
            @ArgumentHint(
                            value = ArgumentTrait.SET_SEMANTIC_TABLE,
                            name = "hours_and_snapshots",
                            type =
                                    @DataTypeHint(
                                            value =
                                                    "ROW<author_id STRING, aweme_id STRING, window_start TIMESTAMP(3), play_count BIGINT,"
                                                            + " prev_window_start TIMESTAMP(3), prev_play_count BIGINT,"
                                                            + " follower_count BIGINT, observed_at BIGINT>",
                                            bridgedTo = RowData.class))
                    RowData row)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = LateBound.watermark(time);
        long oldest = LateBound.oldest(watermark, bound);
        earlyAlerts.of(alerted);
        if (row.isNullAt(1)) {
            meet(author, time, row.getLong(7));
            learn(posts, row.getLong(7), row.getLong(6));
            author.put(AUTHOR, snapshots.pack(oldest));
            return;
        }
        if (!row.isNullAt(7)) {
            Waiting moment =
                    new Waiting(
                            row.getString(1),
                            row.getLong(7),
                            row.getLong(3),
                            row.getTimestamp(4, 3).getMillisecond(),
                            row.getLong(5));
            moment(context, author, posts, moments, moment);
            return;
        }
        if (row.isNullAt(4)) {
            begin(context, author, posts, row.getString(1), row.getTimestamp(2, 3).getMillisecond(), oldest);
            return;
        }
        Waiting hour =
                new Waiting(
                        row.getString(1),
                        row.getTimestamp(2, 3).getMillisecond(),
                        row.getLong(3),
                        row.getTimestamp(4, 3).getMillisecond(),
                        row.getLong(5));
        long end = hour.start() + PostHours.HOUR - 1;
        if (end > watermark) {
            byte[] others = waiting.get(end);
            waiting.put(end, waitingHours.with(others, hour));
            if (others == null) {
                time.registerOnTime(end);
                meet(author, time, end);
            }
            return;
        }
        meet(author, time, end);
        grow(posts, hour, oldest);
        author.put(AUTHOR, snapshots.pack(oldest));
    }

    /** What is known of the author, who is new when that is nothing. */
    private void meet(MapView<String, byte[]> author, TimeContext<Long> time, long news) throws Exception {
        byte[] known = author.get(AUTHOR);
        snapshots.unpack(known);
        if (known == null) {
            author.put(AUTHOR, snapshots.pack(Long.MIN_VALUE));
            // At a full hour, which no end of an hour is.
            time.registerOnTime(PostHours.startOf(news) + PostHours.HOUR + quiet);
        }
    }

    /** What the author's posts have waited for has passed, so that they leave; or the author may be forgotten. */
    public void onTimer(
            OnTimerContext context,
            MapView<String, byte[]> author,
            MapView<String, byte[]> posts,
            MapView<Long, byte[]> waiting,
            MapView<Long, byte[]> moments,
            MapView<String, byte[]> alerted)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        // Not the watermark's: it may be far ahead of this hour, and other hours wait for snapshots of before.
        long oldest = LateBound.oldest(time.time(), bound);
        earlyAlerts.of(alerted);
        snapshots.unpack(author.get(AUTHOR));
        byte[] due = moments.get(time.time());
        if (due != null) {
            moments.remove(time.time());
            for (Waiting moment : waitingMoments.unpack(due)) {
                alert(posts, moment, oldest);
            }
        }
        if (time.time() % PostHours.HOUR == 0) {
            forget(context, posts, waiting, moments, oldest);
            return;
        }
        byte[] closed = waiting.get(time.time());
        if (closed != null) {
            waiting.remove(time.time());
            for (Waiting hour : waitingHours.unpack(closed)) {
                grow(posts, hour, oldest);
            }
        }
        author.put(AUTHOR, snapshots.pack(oldest));
    }

    /** Drops posts that have no hour within the bound, and the author when there was no news for a month. */
    private void forget(
            OnTimerContext context,
            MapView<String, byte[]> posts,
            MapView<Long, byte[]> waiting,
            MapView<Long, byte[]> moments,
            long oldest)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long newest = PostHours.startOf(Math.max(snapshots.leftUntil, snapshots.newest())) + PostHours.HOUR;
        boolean waits = !waiting.isEmpty() || !moments.isEmpty();
        if (!waits && newest + remembered <= time.time()) {
            context.clearAllState();
            return;
        }
        for (Map.Entry<String, byte[]> post : entries(posts)) {
            hours.unpack(post.getValue());
            put(posts, post.getKey(), hours.pack(oldest));
        }
        earlyAlerts.forget(oldest);
        boolean isQuiet = !waits && newest + quiet <= time.time();
        time.registerOnTime(isQuiet ? newest + remembered : Math.max(newest, time.time()) + quiet);
    }

    /** Somebody saw the post begin: hours that rose from 0 plays may be compared with it. */
    private void begin(
            Context context,
            MapView<String, byte[]> author,
            MapView<String, byte[]> posts,
            StringData aweme,
            long start,
            long oldest)
            throws Exception {
        if (start + PostHours.HOUR <= oldest) {
            return;
        }
        meet(author, context.timeContext(Long.class), start);
        snapshots.leftUntil = Math.max(snapshots.leftUntil, start + PostHours.HOUR - 1);
        hours.unpack(posts.get(aweme.toString()));
        if (start <= hours.begun) {
            return;
        }
        long[] compared = new long[hours.size];
        for (int i = 0; i < hours.size; i++) {
            compared[i] = hours.compared(i);
        }
        hours.begun = start;
        for (int i = 0; i < hours.size; i++) {
            if (compared[i] != hours.compared(i)) {
                hours.revision[i]++;
                leave(aweme, i);
            }
        }
        put(posts, aweme.toString(), hours.pack(oldest));
        author.put(AUTHOR, snapshots.pack(oldest));
    }

    /** An observation that may alert: it is judged as soon as the snapshots are known that say its author's tier. */
    private void moment(
            Context context,
            MapView<String, byte[]> author,
            MapView<String, byte[]> posts,
            MapView<Long, byte[]> moments,
            Waiting moment)
            throws Exception {
        TimeContext<Long> time = context.timeContext(Long.class);
        long watermark = LateBound.watermark(time);
        long oldest = LateBound.oldest(watermark, bound);
        long due = moment.start() - EarlyAlerts.KNOWN;
        if (due <= oldest) {
            return;
        }
        meet(author, time, moment.start());
        snapshots.leftUntil = Math.max(snapshots.leftUntil, moment.start());
        if (due <= watermark) {
            alert(posts, moment, oldest);
        } else {
            byte[] others = moments.get(due);
            moments.put(due, waitingMoments.with(others, moment));
            if (others == null) {
                time.registerOnTime(due);
            }
        }
        author.put(AUTHOR, snapshots.pack(oldest));
    }

    private void alert(MapView<String, byte[]> posts, Waiting moment, long oldest) throws Exception {
        RowData alert = earlyAlerts.judge(moment, oldest);
        if (alert == null) {
            return;
        }
        collect(alert);
        // Hours that have left already, for the observation came late, say now that an alert went before them.
        String aweme = moment.aweme().toString();
        hours.unpack(posts.get(aweme));
        boolean changed = false;
        for (int i = 0; i < hours.size; i++) {
            Long first = earlyAlerts.first(moment.aweme(), hours.baseStart[i], hours.start[i] + PostHours.HOUR);
            if (first != null && first == moment.start()) {
                hours.revision[i]++;
                leave(moment.aweme(), i);
                changed = true;
            }
        }
        if (changed) {
            put(posts, aweme, hours.pack(Long.MIN_VALUE));
        }
    }

    private void grow(MapView<String, byte[]> posts, Waiting hour, long oldest) throws Exception {
        String aweme = hour.aweme().toString();
        hours.unpack(posts.get(aweme));
        int place = hours.find(hour.start());
        boolean isNew = place < 0;
        if (isNew) {
            place = -place - 1;
            hours.insert(place, hour.start());
        }
        boolean changed = isNew || hours.plays[place] != hour.plays();
        hours.plays[place] = hour.plays();
        changed |=
                place > 0 && hours.start[place - 1] == hour.prevStart()
                        ? hours.updateBase(place)
                        : hours.updateBase(place, hour.prevStart(), hour.prevPlays(), false);
        // What follows is compared with this hour, or with what was before it: as a rule nothing follows.
        for (int i = place; i < hours.size && changed; i++, changed = i < hours.size && hours.follows(i) && hours.updateBase(i)) {
            if (i > place || !isNew) {
                hours.revision[i]++;
            }
            leave(hour.aweme(), i);
        }
        put(posts, aweme, hours.pack(oldest));
    }

    private void learn(MapView<String, byte[]> posts, long at, long count) throws Exception {
        int before = snapshots.latest(at);
        long timeBefore = before < 0 ? Long.MIN_VALUE : snapshots.times[before];
        long countBefore = before < 0 ? -1 : snapshots.counts[before];
        if (!snapshots.learn(at, count) || at > snapshots.leftUntil) {
            return;
        }
        int place = snapshots.latest(at);
        long until = place + 1 < snapshots.size ? snapshots.times[place + 1] : Long.MAX_VALUE;
        for (Map.Entry<String, byte[]> post : entries(posts)) {
            hours.unpack(post.getValue());
            boolean changed = false;
            for (int i = 0; i < hours.size; i++) {
                long end = hours.endOf(i);
                // Until now, hours that end between this snapshot and the next one looked at the one before it.
                boolean looks = end >= at && end < until;
                if (looks && (countBefore != count || isFresh(timeBefore, end) != isFresh(at, end))) {
                    hours.revision[i]++;
                    leave(StringData.fromString(post.getKey()), i);
                    changed = true;
                }
            }
            if (changed) {
                put(posts, post.getKey(), hours.pack(Long.MIN_VALUE));
            }
        }
    }

    /** As the view trending_hourly says it: younger than a day. */
    private static boolean isFresh(long snapshotTime, long at) {
        return snapshotTime > at - DAY;
    }

    private void leave(StringData aweme, int i) throws Exception {
        long end = hours.start[i] + PostHours.HOUR;
        Long early = earlyAlerts.first(aweme, hours.baseStart[i], end);
        int latest = snapshots.latest(end - 1);
        Long followers = latest < 0 ? null : (Long) snapshots.counts[latest];
        Thresholds thresholds = published.inForce(end);
        Tier tier = thresholds.tierOf(followers);
        long gap = (hours.start[i] - hours.baseStart[i]) / PostHours.HOUR;
        long compared = hours.compared(i);
        long delta = hours.plays[i] - compared;
        double perHour = (double) delta / gap;
        boolean trends = perHour > tier.playsPerHour();
        boolean alerts = trends && !hours.alerted[i];
        hours.alerted[i] |= trends;
        snapshots.leftUntil = Math.max(snapshots.leftUntil, end - 1);
        if (delta < 0) {
            negative.inc();
            if (delta < -thresholds.negativeDelta()) {
                negativeBeyondLimit.inc();
            }
        }
        collect(
                GenericRowData.of(
                        aweme,
                        TimestampData.fromEpochMillis(hours.start[i]),
                        TimestampData.fromEpochMillis(end),
                        hours.plays[i],
                        compared,
                        TimestampData.fromEpochMillis(hours.baseStart[i] + PostHours.HOUR),
                        (short) gap,
                        delta,
                        perHour,
                        followers,
                        latest < 0 ? null : TimestampData.fromEpochMillis(snapshots.times[latest]),
                        tier.name(),
                        tier.playsPerHour(),
                        thresholds.version(),
                        trends,
                        alerts,
                        hours.alerted[i],
                        hours.revision[i],
                        !hours.holds(i),
                        early == null ? null : TimestampData.fromEpochMillis(early),
                        TRENDING));
    }

    static void put(MapView<String, byte[]> of, String aweme, byte[] packed) throws Exception {
        if (packed == null) {
            of.remove(aweme);
        } else {
            of.put(aweme, packed);
        }
    }

    /** A copy: the posts change while they are gone through. */
    static List<Map.Entry<String, byte[]>> entries(MapView<String, byte[]> of) throws Exception {
        List<Map.Entry<String, byte[]>> entries = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : of.entries()) {
            entries.add(Map.entry(entry.getKey(), entry.getValue()));
        }
        return entries;
    }
}
