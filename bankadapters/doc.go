// Package bankadapters says what a bank or payment provider is to the engine:
// something that takes a submission at most once per message id, answers what
// it knows, and hands over statements.
//
// # The rule
//
// A bank's silence is never a result. [Bank.Submit] returns one of four
// outcomes and the error beside it only explains; a caller decides by the
// outcome alone. [Unknown] is the answer to every doubt.
//
// # The picture
//
//	payout ── Submission ──> Bank.Submit ──> NotSent | Refused | Accepted | Unknown
//	       ── message id ──> Bank.Status ──> Report   (what the bank knows)
//	bank   ── file ────────> Reader      ──> Evidence, one entry at a time
//
// One folder per wire or rail stands below this package (iso20022, sheet,
// cashlist, withdrawals); each turns bytes into these types and back, and
// nothing else. What they share is here: the signed [Line], the [Breaker], the
// [Wire] with its digest and read-back, and list [Records].
//
// # What this package does not do
//
// It opens no database transaction and posts nothing. A Submit under a context
// that carries an open transaction panics, because a bank call inside a
// transaction could pay twice when the transaction is run again.
package bankadapters
