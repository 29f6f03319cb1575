/**
 * Table format {@code avro-confluent-dlq}: Avro records in the Confluent wire format (a zero byte, a four-byte
 * schema id, the Avro body) decoded straight to rows, in which a bad record is a row and never an exception.
 *
 * <p>The way of a record: {@link io.tokpulse.flink.avro.AvroDlqDeserializer} checks the envelope, asks
 * {@link io.tokpulse.flink.avro.PlanCache} for the {@link io.tokpulse.flink.avro.RecordPlan} of the writer's schema
 * ({@link io.tokpulse.flink.avro.PlanCompiler} makes one per schema id, after
 * {@link io.tokpulse.flink.avro.SchemaRegistry} has fetched it), and runs it over the bytes with an
 * {@link io.tokpulse.flink.avro.AvroCursor}. {@link io.tokpulse.flink.avro.Brake} stops a job whose input is mostly
 * bad.
 */
package io.tokpulse.flink.avro;
