package io.tokpulse.flink.clickhouse;

import com.clickhouse.client.api.internal.ClickHouseLZ4InputStream;
import com.clickhouse.shaded.net.jpountz.lz4.lz4.LZ4Factory;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;

/** An HTTP server that answers as it is told, then 200 with nothing, and keeps what it was asked. */
final class StubServer implements AutoCloseable {

    /** {@code code} 0: an answer that is not ClickHouse's, such as a proxy's. */
    record Answer(int status, int code, String body) {}

    /** {@code parameters} are the URL's. */
    record Asked(Map<String, String> parameters, Map<String, List<String>> headers, byte[] body) {

        String query() {
            return parameters.getOrDefault("query", new String(body, StandardCharsets.UTF_8));
        }
    }

    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Semaphore permits = new Semaphore(0);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private volatile boolean holds;

    StubServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    String url() {
        return "http://tokpulse:s3cret@127.0.0.1:" + server.getAddress().getPort() + "/tokpulse";
    }

    void answer(int status, int code, String body) {
        answers.add(new Answer(status, code, body));
    }

    /** From now on requests are read, but answered only as {@link #release} lets them. */
    void hold() {
        holds = true;
    }

    void release(int requests) {
        permits.release(requests);
    }

    /** The next request that came; waits for it. */
    Asked next() throws InterruptedException {
        return asked.take();
    }

    int waiting() {
        return asked.size();
    }

    /** What was wrong with requests; a client that hangs up is not. */
    List<Throwable> failures() {
        return failures;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try {
            Map<String, String> parameters = parameters(exchange.getRequestURI().getRawQuery());
            asked.add(new Asked(parameters, Map.copyOf(exchange.getRequestHeaders()), body(exchange, parameters)));
            if (holds) {
                permits.acquire();
            }
            Answer answer = answers.isEmpty() ? new Answer(200, 0, "") : answers.poll();
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            if (answer.code() != 0) {
                exchange.getResponseHeaders().set("X-ClickHouse-Exception-Code", Integer.toString(answer.code()));
            }
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failures.add(e);
        } finally {
            exchange.close();
        }
    }

    private static byte[] body(HttpExchange exchange, Map<String, String> parameters) throws IOException {
        InputStream in = exchange.getRequestBody();
        if (parameters.getOrDefault("decompress", "0").equals("1")) {
            in = new ClickHouseLZ4InputStream(in, LZ4Factory.fastestJavaInstance().fastDecompressor(), 1 << 16);
        }
        return in.readAllBytes();
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> found = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] sides = pair.split("=", 2);
            found.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
        }
        return found;
    }
}
