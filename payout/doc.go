// Package payout decides when an approved payment is ordered from a bank or
// provider, and makes sure each attempt moves money at most once.
//
// # The rule
//
// Commit the intent, then act, then record. The ledger's `ordered` lines post in
// the transaction that commits the intent; the send journal is on disk before
// the first byte; a result we did not learn is in doubt, never failed. Doubt ends
// only by evidence for the payments, by the bank's authenticated word together
// with complete statements, or by the same id and bytes again while the bank
// still remembers them.
//
// # The picture
//
//	lists ── Plan ──> entitlements (once for life), payments, sections with digests
//	sections ── Submit, Approve ──> approved lines in the ledger, under the digest
//	Draw ──> funds at the paying account       Schedule, Release ──> ready to order
//
//	StepOrder:   lock, limits, canary, funds ── intent + `ordered` lines ── commit
//	StepSend:    claim with a fence ── journal ── read back ── Bank.Submit ── record
//	StepInquire: Bank.Status ── answer kept for package reconciliation
//
// Every step does bounded work and may be called by anyone, twice, late, in any
// order: River in production, a loop in the demo, the simulator at its worst.
//
// # What this package does not do
//
// It matches no evidence and posts no proof (package reconciliation does), and
// knows no bank's wire. The money state of a payment is the ledger's; the tables
// here hold who decided what, and what was said.
package payout
