package io.tokpulse.loopback;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.function.IntFunction;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LoopbackAgentTest {
    /** Creates its address as gRPC's builder does. Has constants of two places in the pool, which the copy must not trip over. */
    public static final class Builder implements IntFunction<InetSocketAddress> {
        static final long WIDE = 1L << 40;
        static final double ALSO_WIDE = 0.1;

        @Override
        public InetSocketAddress apply(int port) {
            InetSocketAddress address = new InetSocketAddress(port);
            return port + WIDE + ALSO_WIDE > 0 ? address : null;
        }
    }

    private static final class Loader extends ClassLoader {
        Loader() {
            super(LoopbackAgentTest.class.getClassLoader());
        }

        Class<?> define(byte[] classFile) {
            return defineClass(Builder.class.getName(), classFile, 0, classFile.length);
        }
    }

    @Test
    void aRenamedClassBindsToLoopback() throws Exception {
        assertTrue(new Builder().apply(80).getAddress().isAnyLocalAddress());
        Class<?> renamed = new Loader().define(LoopbackAgent.rename(classFile()));
        Object address = renamed.getMethod("apply", int.class).invoke(renamed.getConstructor().newInstance(), 80);
        assertEquals(LoopbackAddress.class, address.getClass());
        assertTrue(((InetSocketAddress) address).getAddress().isLoopbackAddress());
        assertEquals(80, ((InetSocketAddress) address).getPort());
    }

    @Test
    void onlyTheBuilderIsTouchedInWhicheverPackage() throws Exception {
        LoopbackAgent agent = new LoopbackAgent(() -> fail("nothing is wrong"));
        assertNull(agent.transform(null, "java/lang/String", null, null, classFile()));
        assertNull(agent.transform(null, null, null, null, classFile()));
        byte[] changed = agent.transform(null, "shaded/v1" + LoopbackAgent.BUILDER, null, null, classFile());
        assertEquals(classFile().length + LoopbackAgent.TO.length() - LoopbackAgent.FROM.length(), changed.length);
    }

    @Test
    void whatIsNoClassFileStopsTheJvm() {
        AtomicBoolean stopped = new AtomicBoolean();
        LoopbackAgent agent = new LoopbackAgent(() -> stopped.set(true));
        assertNull(agent.transform(null, "x" + LoopbackAgent.BUILDER, null, null, new byte[] {1, 2, 3}));
        assertTrue(stopped.get());
    }

    private static byte[] classFile() throws IOException {
        String name = Builder.class.getName();
        try (InputStream in = Builder.class.getResourceAsStream(name.substring(name.lastIndexOf('.') + 1) + ".class")) {
            return in.readAllBytes();
        }
    }
}
