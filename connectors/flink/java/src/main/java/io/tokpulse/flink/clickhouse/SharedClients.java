package io.tokpulse.flink.clickhouse;

import com.clickhouse.client.api.Client;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** One HTTP client per address and JVM, closed with the last of its leases. */
final class SharedClients {

    private static final long CONNECT_TIMEOUT_MS = 10_000;
    private static final long ANSWER_TIMEOUT_MS = 60_000;
    /** A writer needs one; more than this many writers of one TaskManager would wait for each other. */
    private static final int MAX_CONNECTIONS = 512;
    /** Per connection, and there are two. */
    private static final int NETWORK_BUFFER_BYTES = 1 << 16;

    private static final Map<ClickHouseAddress, Shared> CLIENTS = new HashMap<>();

    private SharedClients() {}

    /** Gives {@code address} a client, if it has none. Connects to nothing. */
    static synchronized Lease lease(ClickHouseAddress address) {
        Shared shared = CLIENTS.computeIfAbsent(address, key -> new Shared(connectable(key)));
        shared.leases++;
        return new Lease(address, shared);
    }

    private static synchronized void release(ClickHouseAddress address, Shared shared) {
        if (--shared.leases == 0) {
            CLIENTS.remove(address);
            shared.client.close();
        }
    }

    private static Client connectable(ClickHouseAddress address) {
        Client.Builder builder = new Client.Builder()
                .addEndpoint(address.endpoint())
                .setUsername(address.user())
                .setPassword(address.password())
                .setDefaultDatabase(address.database())
                .setClientName("tokpulse")
                .setConnectTimeout(CONNECT_TIMEOUT_MS)
                .setSocketTimeout(ANSWER_TIMEOUT_MS, ChronoUnit.MILLIS)
                .setMaxConnections(MAX_CONNECTIONS)
                .setClientNetworkBufferSize(NETWORK_BUFFER_BYTES)
                .compressServerResponse(false)
                // An eighth of the jobs' processor time, and worth it on a network alone.
                .compressClientRequest(!address.isLocal())
                // The shaded library's native part does not find its classes under their new names; its Java part is as good.
                .disableNativeCompression(true)
                .setMaxRetries(0);
        return (address.trusted() == null ? builder : builder.setRootCertificate(address.trusted())).build();
    }

    private static final class Shared {

        private final Client client;
        private int leases;

        private Shared(Client client) {
            this.client = client;
        }
    }

    /** The use of a client until it is closed. */
    static final class Lease implements AutoCloseable {

        private final ClickHouseAddress address;
        private final Shared shared;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Lease(ClickHouseAddress address, Shared shared) {
            this.address = address;
            this.shared = shared;
        }

        Client client() {
            return shared.client;
        }

        @Override
        public void close() {
            if (!closed.getAndSet(true)) {
                release(address, shared);
            }
        }
    }
}
