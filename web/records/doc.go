// Package records reads what the pages of the console show.
//
// # The rule
//
// It only reads, and every read is bounded: a page of a list is a walk along a
// key from where the page begins, never a scan of a batch's payments or lines, so
// that a page costs the same at ten thousand payments and at ten million. Counts
// come from sums kept with the money, or stop at [CountMax] and say so. A test asks
// the planner about every list, with custom and with generic plans, and fails for a
// sequential scan of a table that grows with payments.
//
// # The picture
//
//	web ──> records.Batches, Sections, Payments, Payment, Waiting …
//	          │  key walk: 50 rows     │  state of those rows only: lateral look-ups
//	          v                        v
//	        payout.*, reconciliation.*, ledger.*
//
// # What this package does not do
//
// It decides nothing, formats nothing, writes nothing and decrypts nothing; what
// identifies a person leaves it masked, as the tables keep it. It knows no role:
// the caller says which unit may be seen.
package records
