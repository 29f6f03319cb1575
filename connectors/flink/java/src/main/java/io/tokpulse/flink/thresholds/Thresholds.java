package io.tokpulse.flink.thresholds;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.data.StringData;

/**
 * One published version of the thresholds. {@code effectiveFrom} is in Unix milliseconds.
 *
 * @param tiers by follower count, from 0 up
 * @param unknown for authors without a snapshot
 * @param gains rules about gained followers
 * @param negativeDelta a fall by more plays than this is worth a warning
 * @param momentum what is judged before an hour is over; null when nothing is
 * @param live what LIVE rooms are judged by; null when they are not
 */
public record Thresholds(
        long sequence,
        long effectiveFrom,
        StringData version,
        List<Tier> tiers,
        Tier unknown,
        List<Gain> gains,
        long negativeDelta,
        Momentum momentum,
        Live live) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final StringData UNKNOWN = StringData.fromString("unknown");

    /** Authors with {@code fromFollowers} or more, up to where the next tier begins. */
    public record Tier(StringData name, long fromFollowers, double playsPerHour) {}

    /** More than {@code gained} new followers within {@code withinHours} hours are an alert. */
    public record Gain(long gained, int withinHours) {}

    /**
     * A post alerts while it gains at least so many plays per hour over the last 30 to 60 minutes.
     *
     * @param playsPerHour by the name of a tier
     * @param least the smallest of them
     * @param observations how many must lie in the last 60 minutes
     * @param quietMillis between two alerts of a post
     */
    public record Momentum(Map<StringData, Double> playsPerHour, double least, int observations, long quietMillis) {}

    /**
     * A LIVE room alerts when it has at least so many viewers, or gets at least so many diamonds within a minute.
     *
     * @param viewers by the name of a tier
     * @param diamondsPerMinute by the name of a tier
     * @param quietMillis between two alerts of a room on the same
     */
    public record Live(Map<StringData, Double> viewers, Map<StringData, Double> diamondsPerMinute, long quietMillis) {}

    /** From the canonical JSON that is published. Raises {@link IOException} for anything else. */
    static Thresholds parse(long sequence, long effectiveFrom, String version, String content) throws IOException {
        try {
            JsonNode root = JSON.readTree(content);
            JsonNode trending = root.required("trending");
            List<Tier> tiers = new ArrayList<>();
            for (JsonNode tier : trending.required("tiers")) {
                tiers.add(
                        new Tier(
                                StringData.fromString(tier.required("name").asText()),
                                tier.required("from_followers").asLong(),
                                tier.required("plays_per_hour").asDouble()));
            }
            if (tiers.isEmpty()) {
                throw new IOException("thresholds " + version + " have no tiers");
            }
            List<Gain> gains = new ArrayList<>();
            for (JsonNode gain : root.required("followers").required("gains")) {
                gains.add(new Gain(gain.required("gained").asLong(), gain.required("within_hours").asInt()));
            }
            double unknown = trending.required("unknown_authors").required("plays_per_hour").asDouble();
            return new Thresholds(
                    sequence,
                    effectiveFrom,
                    StringData.fromString(version),
                    List.copyOf(tiers),
                    new Tier(UNKNOWN, -1, unknown),
                    List.copyOf(gains),
                    root.required("warnings").required("negative_delta_plays").asLong(),
                    root.has("momentum") ? momentum(root.get("momentum"), tiers) : null,
                    root.has("live") ? live(root.get("live"), tiers) : null);
        } catch (IllegalArgumentException e) {
            throw new IOException("thresholds " + version + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static Momentum momentum(JsonNode rule, List<Tier> tiers) {
        Map<StringData, Double> rates = byTier(rule.required("plays_per_hour"), tiers);
        return new Momentum(
                rates,
                Collections.min(rates.values()),
                rule.required("least_observations").asInt(),
                Duration.ofHours(rule.required("quiet_hours").asLong()).toMillis());
    }

    private static Live live(JsonNode rule, List<Tier> tiers) {
        return new Live(
                byTier(rule.required("viewers"), tiers),
                byTier(rule.required("diamonds_per_minute"), tiers),
                Duration.ofMinutes(rule.required("quiet_minutes").asLong()).toMillis());
    }

    private static Map<StringData, Double> byTier(JsonNode values, List<Tier> tiers) {
        Map<StringData, Double> found = new HashMap<>();
        for (Tier tier : tiers) {
            found.put(tier.name(), values.required(tier.name().toString()).asDouble());
        }
        found.put(UNKNOWN, values.required(UNKNOWN.toString()).asDouble());
        return Map.copyOf(found);
    }

    /** The tier of an author; null for one without a snapshot. */
    public Tier tierOf(Long followers) {
        if (followers == null) {
            return unknown;
        }
        Tier tier = tiers.get(0);
        for (Tier next : tiers) {
            if (followers >= next.fromFollowers()) {
                tier = next;
            }
        }
        return tier;
    }
}
