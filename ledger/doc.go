// Package ledger keeps the money: books, accounts, vouchers and their lines, in
// double entry, append-only and sealed.
//
// # The rule
//
// Every đồng moves from one account to another by a line that is never changed.
// A line is one debit account, one credit account and one amount, so nothing
// unbalanced can be posted. A payment's lines are numbered without a gap by its
// key (batch, payment, seq); the key is the idempotency of the money path, and
// the leg of the last line is the money state of the payment. No status stands
// beside it that could drift.
//
// # The picture
//
//	facts ── Post ──> lines (COPY) ──> legality (one statement: each line joins
//	                                   the one before it, the pair must be an arrow)
//	                              ──> voucher_account (GROUP BY of what was stored)
//	                              ──> voucher with the Merkle root of its lines
//	committed vouchers ── Seal ──> chain: hash = SHA-256(previous hash, digest)
//	everything ── Verify ──> walks all of it again, trusting nothing stored
//
// Movements ([Legs]) and arrows are data: the same rows stand in Go and in the
// tables ledger.leg and ledger.arrow, and the posting function refuses any line
// that is not one of them.
//
// # What this package does not do
//
// It knows no person, list, bank or message. Who may post what, and why, is
// decided above it; it decides only whether the result is bookkeeping. It never
// reads the wall clock.
package ledger
