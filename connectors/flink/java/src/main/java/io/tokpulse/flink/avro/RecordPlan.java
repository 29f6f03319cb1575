package io.tokpulse.flink.avro;

import org.apache.flink.table.data.GenericRowData;

/**
 * How the bytes of one writer's record become a row: a step for each of the writer's fields, in its order, and the
 * values of the reader's fields that it lacks. Compiled once per schema id by {@link PlanCompiler}.
 */
final class RecordPlan {

    private Step[] steps;
    private int arity;
    private int[] defaultTargets;
    private Object[] defaultValues;

    /** Fills the plan; apart from the constructor because the plan of a recursive schema refers to itself. */
    void seal(Step[] steps, int arity, int[] defaultTargets, Object[] defaultValues) {
        this.steps = steps;
        this.arity = arity;
        this.defaultTargets = defaultTargets;
        this.defaultValues = defaultValues;
    }

    /** Reads one record into {@code row}, which is touched only at targets; null if nothing of it is shown. */
    void read(AvroCursor in, GenericRowData row) throws BadRecordException {
        for (int i = 0; i < defaultTargets.length; i++) {
            row.setField(defaultTargets[i], defaultValues[i]);
        }
        int next = 0;
        try {
            while (next < steps.length) {
                run(steps[next], in, row);
                next++;
            }
        } catch (BadRecordException e) {
            throw e.in(steps[next].path);
        }
    }

    private static void run(Step step, AvroCursor in, GenericRowData row) throws BadRecordException {
        int target = step.target;
        switch (step.kind) {
            case LONG -> {
                long value = in.readLong();
                if (step.check != null) {
                    step.check.check(value);
                }
                if (target >= 0) {
                    row.setField(target, value);
                }
            }
            case STRING -> row.setField(target, in.readString());
            case SKIP_LENGTH_PREFIXED -> in.skipLengthPrefixed();
            case UNION -> run(step.inner[in.readBranch(step.inner.length)], in, row);
            case INT -> {
                int value = in.readInt();
                if (step.check != null) {
                    step.check.check(value);
                }
                if (target >= 0) {
                    row.setField(target, value);
                }
            }
            default -> runRare(step, in, row);
        }
    }

    /** The other kinds, apart so that the common ones stay small enough to be inlined. */
    private static void runRare(Step step, AvroCursor in, GenericRowData row) throws BadRecordException {
        switch (step.kind) {
            case NULL -> {
                if (step.check != null) {
                    step.check.checkNull();
                }
            }
            case BOOLEAN -> set(step, row, in.readBoolean());
            case WIDENED_INT -> set(step, row, widen(step, in.readInt()));
            case WIDENED_LONG -> set(step, row, widen(step, in.readLong()));
            case FLOAT -> set(step, row, in.readFloat());
            case WIDENED_FLOAT -> set(step, row, (double) in.readFloat());
            case DOUBLE -> set(step, row, in.readDouble());
            case BYTES -> set(step, row, in.readBytes());
            case FIXED -> set(step, row, in.readFixed(step.size));
            case RECORD -> {
                GenericRowData inner = step.target < 0 ? null : new GenericRowData(step.plan.arity);
                in.enter();
                step.plan.read(in, inner);
                in.leave();
                set(step, row, inner);
            }
            case SKIP_FIXED -> in.skip(step.size);
            case SKIP_BLOCKS -> skipBlocks(step, in);
            case REFUSE -> throw new BadRecordException(BadReason.INCOMPATIBLE_SCHEMA, step.refusal);
            default -> throw new IllegalStateException("No rule for a step of kind " + step.kind);
        }
    }

    private static Object widen(Step step, long value) throws BadRecordException {
        if (step.check != null) {
            step.check.check(value);
        }
        return Columns.ofLong(step.column, value);
    }

    private static void set(Step step, GenericRowData row, Object value) {
        if (step.target >= 0) {
            row.setField(step.target, value);
        }
    }

    private static void skipBlocks(Step step, AvroCursor in) throws BadRecordException {
        for (long count = in.nextBlock(); count != 0; count = in.nextBlock()) {
            for (long item = 0; item < count; item++) {
                for (Step inner : step.inner) {
                    run(inner, in, null);
                }
            }
        }
    }
}
