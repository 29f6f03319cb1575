/** A Kafka source whose partitions are idle only when they are drained, and whose tasks wake together after a silence. */
package io.tokpulse.flink.watermark;
