package io.tokpulse.flink.functions;

import java.util.Arrays;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code first_bytes(bytes, n)}: at most the first {@code n} bytes, so that a flood of large payloads fits an Arrow batch. */
public final class FirstBytes extends ScalarFunction {

    private static final long serialVersionUID = 1L;

    public byte[] eval(byte[] bytes, Integer n) {
        return bytes == null || bytes.length <= n ? bytes : Arrays.copyOf(bytes, n);
    }
}
