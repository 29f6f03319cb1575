package io.tokpulse.flink.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import javax.net.ssl.SSLSocketFactory;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.BinaryEncoder;
import org.apache.flink.avro.shaded.org.apache.avro.io.EncoderFactory;
import org.apache.flink.formats.avro.registry.confluent.ConfluentSchemaRegistryCoder;

/** Writes records in Confluent's wire format: a zero, the schema's id, the record. */
final class AvroOnceSerializer implements SerializationSchema<GenericRecord> {

    private static final long serialVersionUID = 1L;

    private final String url;
    private final String subject;
    private final String schemaText;

    private transient byte[] head;
    private transient GenericDatumWriter<GenericRecord> writer;
    private transient ByteArrayOutputStream out;
    private transient BinaryEncoder encoder;

    AvroOnceSerializer(String url, String subject, String schemaText) {
        this.url = url;
        this.subject = subject;
        this.schemaText = schemaText;
    }

    /** Registers the schema, or finds that it is. Raises {@link IOException} when the registry refuses it or is away. */
    @Override
    public void open(InitializationContext context) throws Exception {
        Schema schema = AvroDlqFormatFactory.schemaOf(schemaText);
        out = new ByteArrayOutputStream();
        try (CachedSchemaRegistryClient registry = new CachedSchemaRegistryClient(service(), 1)) {
            new ConfluentSchemaRegistryCoder(subject, registry).writeSchema(schema, out);
        } catch (IOException e) {
            throw new IOException("Schema registry " + url + " gives no id for the schema of " + subject + ": " + e.getMessage(), e);
        }
        head = out.toByteArray();
        writer = new GenericDatumWriter<>(schema);
    }

    private RestService service() throws IOException {
        RegistryAccess access = new RegistryAccess();
        RestService service = new RestService(url);
        String authorization = access.authorization();
        if (authorization != null) {
            service.setHttpHeaders(Map.of("Authorization", authorization));
        }
        SSLSocketFactory sockets = access.sockets(url);
        if (sockets != null) {
            service.setSslSocketFactory(sockets);
        }
        return service;
    }

    @Override
    public byte[] serialize(GenericRecord record) {
        try {
            out.reset();
            out.write(head);
            encoder = EncoderFactory.get().binaryEncoder(out, encoder);
            writer.write(record, encoder);
            encoder.flush();
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
