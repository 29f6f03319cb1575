package io.tokpulse.flink.clickhouse;

import com.clickhouse.client.api.insert.InsertResponse;
import com.clickhouse.client.api.insert.InsertSettings;
import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * ClickHouse as a task uses it. All objects of one address in a JVM share one pool of connections, so a task may make one when it opens,
 * and must close it. Threads may share an object. Each request is made once; {@link Retry} makes it again.
 *
 * <p>The address and credentials come from the environment of the TaskManager, so that neither a job graph nor DDL carries them.
 */
public final class ClickHouse implements AutoCloseable {

    /** Environment variable with the address, a clickhouse-connect DSN. */
    public static final String URL_VARIABLE = "CLICKHOUSE_URL";

    /**
     * A batch may hold records of many months, and records with clocks of any month: too many partitions for ClickHouse's default, which
     * would refuse the batch for ever.
     */
    private static final String ANY_PARTITIONS = "max_partitions_per_insert_block";

    /** Rows of one key are merged in the background and by readers anyway: merging each batch as well was an eighth of an insert. */
    private static final String MERGE_WHILE_WRITING = "optimize_on_insert";

    private final ClickHouseAddress address;
    private final SharedClients.Lease lease;

    private ClickHouse(ClickHouseAddress address) {
        this.address = address;
        this.lease = SharedClients.lease(address);
    }

    /** The one at {@code CLICKHOUSE_URL}. Does not connect yet. Raises {@link ClickHouseException} when it is not set, or no address. */
    public static ClickHouse fromEnvironment() throws ClickHouseException {
        String url = System.getenv(URL_VARIABLE);
        if (url == null || url.isEmpty()) {
            throw ClickHouseException.permanent(
                    URL_VARIABLE + " is not set for the TaskManager (set it where the TaskManager is started)");
        }
        return at(url);
    }

    /** The one at {@code url}, a clickhouse-connect DSN. */
    public static ClickHouse at(String url) throws ClickHouseException {
        try {
            return new ClickHouse(ClickHouseAddress.parse(url));
        } catch (IllegalArgumentException e) {
            // The text may hold a password.
            throw ClickHouseException.permanent(
                    URL_VARIABLE + " is not http[s]://user:password@host:port/database: " + e.getMessage());
        }
    }

    /**
     * Inserts {@code rows}, which begin with a header of names and types: ClickHouse refuses them where the table's types are others by
     * now. Returns when ClickHouse has acknowledged the rows; after an error some or all may be in the table even so.
     */
    void insert(String table, List<String> columns, RowBinaryBuffer rows) throws ClickHouseException {
        InsertSettings settings = new InsertSettings();
        settings.serverSetting(ANY_PARTITIONS, "0");
        settings.serverSetting(MERGE_WHILE_WRITING, "0");
        List<String> quoted = columns.stream().map(ClickHouse::quoted).toList();
        try (InsertResponse ignored =
                lease.client()
                        .insert(quoted(table), quoted, rows::writeTo, ClickHouseFormat.RowBinaryWithNamesAndTypes, settings)
                        .get()) {
            // The answer says nothing more.
        } catch (Exception e) {
            throw failure(e);
        }
    }

    /**
     * The lines that {@code select} gives, which ends with {@code FORMAT JSONEachRow}: one JSON object per row. All of them or an error,
     * none in between.
     */
    public List<String> lines(String select) throws ClickHouseException {
        QuerySettings settings = new QuerySettings().setFormat(ClickHouseFormat.JSONEachRow);
        // Otherwise an error that comes late would be a line.
        settings.serverSetting("wait_end_of_query", "1");
        try (QueryResponse response = lease.client().query(select, settings).get();
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(response.getInputStream(), StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        } catch (Exception e) {
            throw failure(e);
        }
    }

    /** {@code name} as an identifier in SQL. */
    public static String quoted(String name) {
        return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`";
    }

    /** The connections stay open while another object uses them. */
    @Override
    public void close() {
        lease.close();
    }

    /** The address, without the password. */
    @Override
    public String toString() {
        return "ClickHouse at " + address;
    }

    private ClickHouseException failure(Exception error) {
        if (error instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        return ClickHouseException.of(address, error instanceof ExecutionException ? error.getCause() : error);
    }
}
