package io.tokpulse.flink.avro;

/**
 * One record is bad. Carries no stack trace: it is a result, not a failure, and may come a hundred thousand times a
 * second. Never leaves this package.
 */
final class BadRecordException extends Exception {

    private static final long serialVersionUID = 1L;

    private final BadReason reason;
    private final String field;
    private final String detail;

    BadRecordException(BadReason reason, String detail) {
        this(reason, null, detail);
    }

    /** A bad record whose detail names the field itself. */
    static BadRecordException named(BadReason reason, String detail) {
        return new BadRecordException(reason, "", detail);
    }

    private BadRecordException(BadReason reason, String field, String detail) {
        super(null, null, false, false);
        this.reason = reason;
        this.field = field;
        this.detail = detail;
    }

    /** The same, in the field where it happened; the innermost field that names itself wins. */
    BadRecordException in(String path) {
        return field == null && path != null ? new BadRecordException(reason, path, detail) : this;
    }

    BadReason reason() {
        return reason;
    }

    /** {@code code: text}, as in the {@code error} metadata column. */
    @Override
    public String getMessage() {
        StringBuilder text = new StringBuilder(reason.code());
        if (detail != null) {
            text.append(": ");
            if (field != null && !field.isEmpty()) {
                text.append(field).append(' ');
            }
            text.append(detail);
        }
        return text.toString();
    }
}
