package io.tokpulse.flink.avro;

import io.tokpulse.flink.avro.ReaderRecord.ReaderField;

import org.apache.flink.avro.shaded.org.apache.avro.Schema;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compiles a writer's schema to a {@link RecordPlan} by Avro's rules of schema resolution: fields by name or alias,
 * numbers promoted, strings and bytes exchanged, null into what may be null, defaults for what the writer lacks.
 * Fields that nothing reads are skipped, whatever their type.
 */
final class PlanCompiler {

    private static final int[] NO_TARGETS = {};
    private static final Object[] NO_VALUES = {};

    private final ReaderRecord reader;
    private final Map<Schema, RecordPlan> skipped = new IdentityHashMap<>();

    PlanCompiler(ReaderRecord reader) {
        this.reader = reader;
    }

    /**
     * Raises {@link BadRecordException} when no record of this writer can be read: {@code wrong_record} for another
     * record's schema, {@code incompatible_schema} for one that Avro's rules cannot resolve.
     */
    RecordPlan compile(Schema writer) throws BadRecordException {
        String expected = reader.schema().getFullName();
        boolean named = writer.getType() == Schema.Type.RECORD
                && (writer.getFullName().equals(expected)
                        || reader.schema().getAliases().contains(writer.getFullName()));
        if (!named) {
            throw BadRecordException.named(
                    BadReason.WRONG_RECORD, writer.getFullName() + ", expected " + expected);
        }
        return record(writer, reader, "");
    }

    private RecordPlan record(Schema writer, ReaderRecord into, String prefix) throws BadRecordException {
        Set<ReaderField> missing = new LinkedHashSet<>();
        into.fields().forEach(missing::add);
        List<Step> steps = new ArrayList<>();
        for (Schema.Field field : writer.getFields()) {
            ReaderField target = into.match(field.name());
            boolean byAlias = target != null && !target.field().name().equals(field.name());
            if (target == null || byAlias && writer.getField(target.field().name()) != null
                    || !missing.remove(target)) {
                steps.add(skip(field.schema(), prefix + field.name()));
            } else {
                steps.add(field(field.schema(), target));
            }
        }
        List<ReaderField> shown = new ArrayList<>();
        for (ReaderField field : missing) {
            // A default is no observation, so a rule about the field cannot be kept by one.
            if (!field.field().hasDefaultValue() || field.check() instanceof LongCheck.EventTime) {
                throw incompatible(field.path(), "is missing in the writer's schema");
            }
            if (field.target() >= 0) {
                shown.add(field);
            }
        }
        RecordPlan plan = new RecordPlan();
        plan.seal(
                steps.toArray(Step[]::new),
                into.arity(),
                shown.stream().mapToInt(ReaderField::target).toArray(),
                shown.stream().map(f -> Columns.ofDefault(f, f.field().defaultVal())).toArray());
        return plan;
    }

    private Step field(Schema writer, ReaderField into) throws BadRecordException {
        if (!writer.isUnion()) {
            Step step = value(writer, into);
            if (step.kind == Step.Kind.REFUSE) {
                throw incompatible(into.path(), step.refusal);
            }
            return step;
        }
        List<Step> branches = new ArrayList<>();
        for (Schema branch : writer.getTypes()) {
            branches.add(value(branch, into));
        }
        if (branches.stream().allMatch(b -> b.kind == Step.Kind.REFUSE)) {
            throw incompatible(into.path(), branches.get(0).refusal);
        }
        return Step.union(into.path(), branches.toArray(Step[]::new));
    }

    /** The step for one type that is no union; of kind REFUSE where the two types do not resolve. */
    private Step value(Schema writer, ReaderField into) throws BadRecordException {
        Schema.Type from = writer.getType();
        Schema.Type to = into.value().getType();
        if (from == Schema.Type.NULL) {
            return into.nullable()
                    ? Step.value(Step.Kind.NULL, into.path(), into)
                    : Step.refuse(into.path(), "is null, which the reader's schema does not allow");
        }
        if (!resolves(writer, into.value())) {
            return Step.refuse(
                    into.path(), "is written as " + from.getName() + " and cannot be read as " + to.getName());
        }
        if (from == Schema.Type.RECORD) {
            return Step.record(into.path(), into, record(writer, into.record(), into.path() + "."));
        }
        if (from == Schema.Type.FIXED) {
            return Step.fixed(Step.Kind.FIXED, into.path(), into, writer.getFixedSize());
        }
        return Step.value(kindOf(from, into), into.path(), into);
    }

    private static Step.Kind kindOf(Schema.Type from, ReaderField into) {
        boolean toString = into.value().getType() == Schema.Type.STRING;
        return switch (from) {
            case BOOLEAN -> Step.Kind.BOOLEAN;
            case INT -> shownAs("INTEGER", into) ? Step.Kind.INT : Step.Kind.WIDENED_INT;
            case LONG -> shownAs("BIGINT", into) ? Step.Kind.LONG : Step.Kind.WIDENED_LONG;
            case FLOAT -> shownAs("FLOAT", into) ? Step.Kind.FLOAT : Step.Kind.WIDENED_FLOAT;
            case DOUBLE -> Step.Kind.DOUBLE;
            default -> toString ? Step.Kind.STRING : Step.Kind.BYTES;
        };
    }

    private static boolean shownAs(String root, ReaderField into) {
        return into.column() == null || into.column().getTypeRoot().name().equals(root);
    }

    private static boolean resolves(Schema writer, Schema to) {
        Schema.Type from = writer.getType();
        return switch (to.getType()) {
            case LONG -> from == Schema.Type.LONG || from == Schema.Type.INT;
            case FLOAT -> from == Schema.Type.FLOAT || from == Schema.Type.LONG || from == Schema.Type.INT;
            case DOUBLE -> from == Schema.Type.DOUBLE || from == Schema.Type.FLOAT || from == Schema.Type.LONG
                    || from == Schema.Type.INT;
            case STRING, BYTES -> from == Schema.Type.STRING || from == Schema.Type.BYTES;
            case FIXED -> from == Schema.Type.FIXED && writer.getFixedSize() == to.getFixedSize();
            default -> from == to.getType();
        };
    }

    private Step skip(Schema writer, String path) {
        return switch (writer.getType()) {
            case NULL -> Step.value(Step.Kind.NULL, path, null);
            case BOOLEAN -> Step.value(Step.Kind.BOOLEAN, path, null);
            case INT, ENUM -> Step.value(Step.Kind.INT, path, null);
            case LONG -> Step.value(Step.Kind.LONG, path, null);
            case FLOAT -> Step.fixed(Step.Kind.SKIP_FIXED, path, null, Float.BYTES);
            case DOUBLE -> Step.fixed(Step.Kind.SKIP_FIXED, path, null, Double.BYTES);
            case FIXED -> Step.fixed(Step.Kind.SKIP_FIXED, path, null, writer.getFixedSize());
            case STRING, BYTES -> Step.value(Step.Kind.SKIP_LENGTH_PREFIXED, path, null);
            case ARRAY -> Step.skipBlocks(path, skip(writer.getElementType(), path));
            case MAP -> Step.skipBlocks(
                    path,
                    Step.value(Step.Kind.SKIP_LENGTH_PREFIXED, path, null),
                    skip(writer.getValueType(), path));
            case UNION -> Step.union(
                    path, writer.getTypes().stream().map(b -> skip(b, path)).toArray(Step[]::new));
            case RECORD -> Step.record(path, null, skipRecord(writer, path));
        };
    }

    private RecordPlan skipRecord(Schema writer, String path) {
        RecordPlan known = skipped.get(writer);
        if (known != null) {
            return known;
        }
        RecordPlan plan = new RecordPlan();
        skipped.put(writer, plan);
        Step[] steps = writer.getFields().stream()
                .map(f -> skip(f.schema(), path + "." + f.name()))
                .toArray(Step[]::new);
        plan.seal(steps, 0, NO_TARGETS, NO_VALUES);
        return plan;
    }

    private static BadRecordException incompatible(String path, String detail) {
        return new BadRecordException(BadReason.INCOMPATIBLE_SCHEMA, detail).in(path);
    }
}
