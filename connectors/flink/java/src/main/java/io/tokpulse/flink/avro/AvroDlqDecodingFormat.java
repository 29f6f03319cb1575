package io.tokpulse.flink.avro;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.ValidationException;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.Projection;
import org.apache.flink.table.connector.format.ProjectableDecodingFormat;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.RowType;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The format as the planner sees it: insert-only, with the readable metadata {@code error} (STRING, NULL for a good
 * record), {@code payload} (BYTES, the value of a bad record as received) and {@code received} (BYTES, the value of
 * any record as received). Their columns follow the physical ones in the row that the decoder makes.
 */
final class AvroDlqDecodingFormat implements ProjectableDecodingFormat<DeserializationSchema<RowData>> {

    static final String ERROR = "error";
    static final String PAYLOAD = "payload";
    static final String RECEIVED = "received";

    private final AvroDlqSettings settings;
    private List<String> metadata = List.of();

    AvroDlqDecodingFormat(AvroDlqSettings settings) {
        this.settings = settings;
    }

    @Override
    public Map<String, DataType> listReadableMetadata() {
        Map<String, DataType> readable = new LinkedHashMap<>();
        readable.put(ERROR, DataTypes.STRING().nullable());
        readable.put(PAYLOAD, DataTypes.BYTES().nullable());
        readable.put(RECEIVED, DataTypes.BYTES().nullable());
        return readable;
    }

    @Override
    public void applyReadableMetadata(List<String> keys) {
        metadata = List.copyOf(keys);
    }

    @Override
    public DeserializationSchema<RowData> createRuntimeDecoder(
            DynamicTableSource.Context context, DataType physical, int[][] projections) {
        if (!metadata.contains(ERROR)) {
            throw new ValidationException(
                    "Format " + AvroDlqOptions.IDENTIFIER + " needs a column that tells bad records from good ones:"
                            + " declare `error` STRING METADATA FROM 'value.error' VIRTUAL. (It is for values, not for"
                            + " keys.)");
        }
        DataType columns = Projection.of(projections).project(physical);
        List<DataTypes.Field> fields = new ArrayList<>();
        DataType.getFields(columns).forEach(fields::add);
        // As a DDL names them: a record may have a field of its own that is called `payload`.
        metadata.forEach(key -> fields.add(DataTypes.FIELD("value." + key, listReadableMetadata().get(key))));
        TypeInformation<RowData> produced =
                context.createTypeInformation(DataTypes.ROW(fields.toArray(DataTypes.Field[]::new)).notNull());
        return new AvroDlqDeserializer(
                settings,
                (RowType) columns.getLogicalType(),
                metadata.indexOf(ERROR),
                metadata.indexOf(PAYLOAD),
                metadata.indexOf(RECEIVED),
                metadata.size(),
                produced);
    }

    @Override
    public ChangelogMode getChangelogMode() {
        return ChangelogMode.insertOnly();
    }
}
