package io.tokpulse.flink.avro;

import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** What to do with the next bytes of a record: one field of the writer's schema, read or skipped. */
final class Step {

    /** Kinds of steps; the names are those of the writer's types. A target of -1 means read, check and drop. */
    enum Kind {
        NULL,
        BOOLEAN,
        /** Into a column of the same width. */
        INT,
        LONG,
        /** An int or a long into a column of another type. */
        WIDENED_INT,
        WIDENED_LONG,
        FLOAT,
        WIDENED_FLOAT,
        DOUBLE,
        STRING,
        BYTES,
        FIXED,
        RECORD,
        UNION,
        SKIP_LENGTH_PREFIXED,
        SKIP_FIXED,
        /** Arrays and maps. */
        SKIP_BLOCKS,
        /** A union's branch that the reader's schema cannot take. */
        REFUSE
    }

    final Kind kind;
    final String path;
    final int target;
    final LongCheck check;
    final LogicalTypeRoot column;
    final int size;
    final RecordPlan plan;
    final Step[] inner;
    final String refusal;

    private Step(
            Kind kind,
            String path,
            ReaderRecord.ReaderField field,
            int size,
            RecordPlan plan,
            Step[] inner,
            String refusal) {
        this.kind = kind;
        this.path = path;
        this.target = field == null ? -1 : field.target();
        this.check = field == null ? null : field.check();
        this.column = field == null || field.column() == null ? null : field.column().getTypeRoot();
        this.size = size;
        this.plan = plan;
        this.inner = inner;
        this.refusal = refusal;
    }

    /** Reads a value into {@code field}; null reads it and drops it. */
    static Step value(Kind kind, String path, ReaderRecord.ReaderField field) {
        return new Step(kind, path, field, 0, null, null, null);
    }

    static Step fixed(Kind kind, String path, ReaderRecord.ReaderField field, int size) {
        return new Step(kind, path, field, size, null, null, null);
    }

    static Step record(String path, ReaderRecord.ReaderField field, RecordPlan plan) {
        return new Step(Kind.RECORD, path, field, 0, plan, null, null);
    }

    static Step union(String path, Step[] branches) {
        return new Step(Kind.UNION, path, null, 0, null, branches, null);
    }

    /** An array or a map: blocks of items, each made of {@code items}. */
    static Step skipBlocks(String path, Step... items) {
        return new Step(Kind.SKIP_BLOCKS, path, null, 0, null, items, null);
    }

    static Step refuse(String path, String refusal) {
        return new Step(Kind.REFUSE, path, null, 0, null, null, refusal);
    }
}
