package io.tokpulse.loopback;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Takes the place of {@code new InetSocketAddress(port)}, which means "all addresses of this machine". */
public final class LoopbackAddress extends InetSocketAddress {
    private static final long serialVersionUID = 1L;

    public LoopbackAddress(int port) {
        super(InetAddress.getLoopbackAddress(), port);
    }
}
