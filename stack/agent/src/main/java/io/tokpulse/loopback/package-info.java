/**
 * A Java agent for the TaskManager of the local stack: the servers through which a Python worker talks to its TaskManager
 * listen on the loopback address instead of on all of them.
 *
 * <p>Apache Beam, which PyFlink uses for this, has no setting for the address: it announces {@code localhost} to the worker, and
 * binds 0.0.0.0, without any authentication.
 */
package io.tokpulse.loopback;
