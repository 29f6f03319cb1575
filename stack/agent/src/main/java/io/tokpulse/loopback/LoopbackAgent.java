package io.tokpulse.loopback;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;

/**
 * Makes gRPC's {@code NettyServerBuilder.forPort} create a {@link LoopbackAddress}, by writing that name over the one class name
 * in the class's constant pool. Descriptors are separate entries and keep saying {@code InetSocketAddress}, of which
 * LoopbackAddress is one, so that nothing else changes.
 */
public final class LoopbackAgent implements ClassFileTransformer {
    /** Ends the name in whichever package a library has relocated gRPC to. */
    static final String BUILDER = "/io/grpc/netty/NettyServerBuilder";

    static final String FROM = "java/net/InetSocketAddress";
    static final String TO = "io/tokpulse/loopback/LoopbackAddress";

    private static final int MAGIC_AND_VERSION = 8;
    private static final int UTF8 = 1;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int STRING = 8;
    private static final int METHOD_HANDLE = 15;
    private static final int METHOD_TYPE = 16;
    private static final int MODULE = 19;
    private static final int PACKAGE = 20;

    private final Runnable whenPortsWouldBeOpen;

    LoopbackAgent(Runnable whenPortsWouldBeOpen) {
        this.whenPortsWouldBeOpen = whenPortsWouldBeOpen;
    }

    /** Called by the JVM for {@code -javaagent}. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        instrumentation.addTransformer(new LoopbackAgent(() -> Runtime.getRuntime().halt(1)));
    }

    @Override
    public byte[] transform(
            ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] classFile) {
        if (name == null || !name.endsWith(BUILDER)) {
            return null;
        }
        try {
            return rename(classFile);
        } catch (IOException | RuntimeException e) {
            // The JVM would drop the exception and load the class as it is: better no TaskManager than an open port.
            System.err.println("loopback agent: cannot change " + name + ": " + e);
            whenPortsWouldBeOpen.run();
            return null;
        }
    }

    /** The class file with constant {@link #FROM} replaced by {@link #TO}; all else is copied byte by byte. */
    static byte[] rename(byte[] classFile) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(classFile));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(classFile.length + TO.length());
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(in.readNBytes(MAGIC_AND_VERSION));
        int count = in.readUnsignedShort();
        out.writeShort(count);
        for (int index = 1; index < count; index++) {
            int tag = in.readUnsignedByte();
            out.writeByte(tag);
            if (tag == UTF8) {
                String text = in.readUTF();
                out.writeUTF(text.equals(FROM) ? TO : text);
            } else {
                out.write(in.readNBytes(size(tag)));
            }
            if (tag == LONG || tag == DOUBLE) {
                // These take two places in the numbering.
                index++;
            }
        }
        in.transferTo(out);
        return bytes.toByteArray();
    }

    private static int size(int tag) {
        return switch (tag) {
            case CLASS, STRING, METHOD_TYPE, MODULE, PACKAGE -> 2;
            case METHOD_HANDLE -> 3;
            case LONG, DOUBLE -> 8;
            default -> 4;
        };
    }
}
