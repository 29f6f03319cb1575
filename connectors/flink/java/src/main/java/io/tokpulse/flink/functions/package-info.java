/** Functions of the SQL files: what is remembered of each post, author and user, and what Flink's own functions cannot express. */
package io.tokpulse.flink.functions;
