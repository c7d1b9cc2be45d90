// Package assembly puts the parts together: database, keys, lines to banks,
// engine, reconciler and the API that banks post to.
//
// # The rule
//
// What runs in production, in the demo and under the simulator is wired here
// and nowhere else, so that a fault found in one of them is a fault of all. A
// line exists only for a channel that the database knows, with the profile
// stored there.
//
// # The picture
//
//	Config ── Open ──> Works{DB, Engine, Reconciler, API}
//	                     │
//	   SetUp ────────────┤  marks the database, books, programmes, channels, signers
//	   Connect ──────────┘  one Line per channel: adapter, wire, breaker
//
//	Works.Round(channel): payout's steps, then reconciliation's, until nothing is left
//
// # What this package does not do
//
// It decides nothing about money: every rule is in a package below. It starts no
// goroutine, reads no environment and no wall clock, and knows no command line.
package assembly
