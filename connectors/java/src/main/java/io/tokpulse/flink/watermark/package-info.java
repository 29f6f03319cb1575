/** A Kafka source whose tasks wake together after a silence. */
package io.tokpulse.flink.watermark;
