// Package simtest runs the whole engine against banks that misbehave, crashes it
// where it hurts, and holds our books against the banks' own.
//
// # The rule
//
// Nobody is paid twice or left out, whatever fails and in whatever order. The
// judge is the book of the sandbox bank, which the engine cannot see, never a
// table of the engine. One seed is one run, always the same.
//
// # The picture
//
//	seed ── Draw ──> Options: which faults exist here, and how often
//	     ── New ───> database, banks, 12 approved payments, two workers
//	     ── Run ───> safety: any actor, any time, twice, late, crashed
//	                   └─ after every step: O1 O2 O9
//	               liveness: the world heals, days close, doubts end
//	                   └─ at rest: O1 O4 O5 O8 O12, ties, chain
//
// A crash is a panic at a named point, recovered only here: the worker's journal
// is let go as by the death of its process, and a new worker starts over the
// same database, banks and journal folder.
//
// # What this package does not do
//
// It replaces neither the database nor the wire: PostgreSQL is real, and every
// message is written, signed, sent and read. It knows the real processes' death
// only by its own idea of it; kill -9 is tested on the program itself. It waits
// for no wall clock.
package simtest
