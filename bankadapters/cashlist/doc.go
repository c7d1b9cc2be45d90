// Package cashlist is the rail of providers that pay people themselves: social
// insurance with the pension, commune cash points against a signature. A pay
// list goes out, results of it come in.
//
// # The rule
//
// A list is taken whole or not at all, and a list id never names two contents;
// so the same list may be sent again while the provider remembers it. Only a
// line PAID of a result whose totals and digest agree proves anything.
//
// # The picture
//
//	Submission ── WriteList ──> H, D…, T ──> POST /v1/lists ──> receipt
//	                              └── ReadList (independent) ──> digest, count, sum
//	provider ── results H, R…, T ── ResultReader ──> PAID | UNPAID | OPEN, then LEFTOVER
//
// # What this package does not do
//
// It posts nothing: whether unpaid money comes back is for the ledger to say
// when it comes. It sends a personal id to no one but the provider of the list.
package cashlist
