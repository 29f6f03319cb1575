package io.tokpulse.flink.kafka;

import java.nio.ByteBuffer;
import java.util.Set;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFilterFunction;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;

/** Lets a row pass whose name was not on the topic when the task started. */
final class NotOnTopic extends RichFilterFunction<RowData> {

    private static final long serialVersionUID = 1L;

    private final TopicNames names;
    private final int headersAt;
    private transient Set<ByteBuffer> said;

    NotOnTopic(TopicNames names, int headersAt) {
        this.names = names;
        this.headersAt = headersAt;
    }

    @Override
    public void open(OpenContext context) throws Exception {
        open(names.read());
    }

    void open(Set<ByteBuffer> onTopic) {
        said = onTopic;
    }

    @Override
    public boolean filter(RowData row) {
        MapData headers = row.getMap(headersAt);
        ArrayData keys = headers.keyArray();
        for (int i = 0; i < headers.size(); i++) {
            if (keys.getString(i).toString().equals(names.header())) {
                return !said.contains(ByteBuffer.wrap(headers.valueArray().getBinary(i)));
            }
        }
        throw new IllegalStateException("a row for " + names.topic() + " has no header " + names.header());
    }
}
