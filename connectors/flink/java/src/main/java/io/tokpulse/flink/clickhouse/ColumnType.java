package io.tokpulse.flink.clickhouse;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What RowBinary needs to know of a column's type: {@code LowCardinality} and {@code SimpleAggregateFunction} are written as the type
 * inside.
 *
 * @param name the value type, such as {@code UInt64}, {@code DateTime64(3, 'UTC')} or {@code Array(String)}
 * @param nullable whether each value begins with a byte that says whether it is NULL
 */
record ColumnType(String name, boolean nullable) {

    private static final Pattern NULLABLE = wrapper("Nullable");
    private static final Pattern LOW_CARDINALITY = wrapper("LowCardinality");
    private static final Pattern ARRAY = wrapper("Array");
    private static final Pattern AGGREGATE = Pattern.compile("SimpleAggregateFunction\\(\\w+, (.*)\\)");

    /** {@code declared} as ClickHouse shows it. */
    static ColumnType of(String declared) {
        String current = declared;
        boolean nullable = false;
        while (true) {
            String inside = inside(AGGREGATE, inside(LOW_CARDINALITY, current));
            String value = inside(NULLABLE, inside);
            if (value.equals(current)) {
                return new ColumnType(current, nullable);
            }
            nullable |= !value.equals(inside);
            current = value;
        }
    }

    boolean isArray() {
        return ARRAY.matcher(name).matches();
    }

    /** Of an array. */
    ColumnType element() {
        return of(inside(ARRAY, name));
    }

    private static Pattern wrapper(String name) {
        return Pattern.compile(name + "\\((.*)\\)");
    }

    private static String inside(Pattern wrapper, String type) {
        Matcher found = wrapper.matcher(type);
        return found.matches() ? found.group(1) : type;
    }
}
