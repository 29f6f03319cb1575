package io.tokpulse.flink.functions;

import java.util.ArrayList;
import org.apache.flink.util.Collector;

/** What a function has said, in order. */
final class Collected<T> extends ArrayList<T> implements Collector<T> {

    private static final long serialVersionUID = 1L;

    @Override
    public void collect(T row) {
        add(row);
    }

    @Override
    public void close() {}
}
