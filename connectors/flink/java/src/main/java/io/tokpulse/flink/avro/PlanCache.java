package io.tokpulse.flink.avro;

import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The plan of each schema id, asked for once. What the registry knows never changes and is kept for good, also when
 * it cannot be read. That it does not know an id is kept for a minute, so that a flood of one unknown id does not
 * hammer it, and an id that is registered late is read from then on.
 */
final class PlanCache {

    static final long UNKNOWN_TTL_MS = 60_000;
    static final int MAX_UNKNOWN = 10_000;

    private record Unknown(BadRecordException refusal, long until) {}

    private final SchemaSource source;
    private final PlanCompiler compiler;
    private final LongSupplier clock;
    private final Map<Integer, RecordPlan> plans = new HashMap<>();
    private final Map<Integer, BadRecordException> unreadable = new HashMap<>();
    private final Map<Integer, Unknown> unknown = new LinkedHashMap<>();
    private int lastId = -1;
    private RecordPlan lastPlan;

    /** {@code clock} tells milliseconds. */
    PlanCache(SchemaSource source, PlanCompiler compiler, LongSupplier clock) {
        this.source = source;
        this.compiler = compiler;
        this.clock = clock;
    }

    /**
     * Raises {@link BadRecordException} for an id whose records cannot be read, and {@link IOException} when the
     * registry cannot be asked.
     */
    RecordPlan planOf(int id) throws IOException, BadRecordException {
        if (id == lastId && lastPlan != null) {
            return lastPlan;
        }
        RecordPlan plan = plans.get(id);
        if (plan == null) {
            refuseKnown(id);
            plan = fetch(id);
        }
        lastId = id;
        lastPlan = plan;
        return plan;
    }

    private void refuseKnown(int id) throws BadRecordException {
        BadRecordException refusal = unreadable.get(id);
        if (refusal != null) {
            throw refusal;
        }
        Unknown known = unknown.get(id);
        if (known != null && clock.getAsLong() < known.until()) {
            throw known.refusal();
        }
    }

    private RecordPlan fetch(int id) throws IOException, BadRecordException {
        try {
            RecordPlan plan = compiler.compile(parse(id, source.fetch(id)));
            plans.put(id, plan);
            unknown.remove(id);
            return plan;
        } catch (BadRecordException e) {
            if (e.reason() == BadReason.UNKNOWN_SCHEMA_ID) {
                remember(id, e);
            } else {
                unreadable.put(id, e);
            }
            throw e;
        }
    }

    private void remember(int id, BadRecordException refusal) {
        unknown.remove(id);
        if (unknown.size() >= MAX_UNKNOWN) {
            unknown.remove(unknown.keySet().iterator().next());
        }
        unknown.put(id, new Unknown(refusal, clock.getAsLong() + UNKNOWN_TTL_MS));
    }

    private static Schema parse(int id, String text) throws BadRecordException {
        try {
            return new Schema.Parser().parse(text);
        } catch (AvroRuntimeException e) {
            throw BadRecordException.named(
                    BadReason.INCOMPATIBLE_SCHEMA, "schema id " + id + " is not a valid Avro schema");
        }
    }
}
