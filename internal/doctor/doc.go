// Package doctor looks whether an installation can do its work and keep its
// promises, and says in words what to mend.
//
// # The rule
//
// Every finding has a state word, what was seen, and what to do about it, for the
// person who stands before the machine at night. Mend means that something may
// fail or be lost now; note means that somebody should know. The doctor changes
// nothing: whoever runs it on a sick installation must not make it worse.
//
// # The picture
//
//	Options ── machine (clock, disk, ports, TLS) ──┐
//	        ── files (keys, journal, backup, heads) ├──> []Finding
//	        ── database (version, schema, guards) ──┘
//
// # What this package does not do
//
// It mends nothing, reads no personal data, and never waits for a bank.
package doctor
