// Package banktest is the contract suite that every bank adapter passes against
// a real peer, and that certifies a bank's profile.
//
// # The rule
//
// A profile is believed only after this suite ran against the bank itself: what
// it declares about duplicates, inquiries, references, booking and proof is what
// the engine stakes money on.
//
// # The picture
//
//	Run ── Subject ──> adapter ── wire ──> peer (sandbox over sockets, a bank's test system)
//	  └──────────────── Credits ─────────> the peer's own book: the oracle
//
// # What this package does not do
//
// It does not look inside the adapter and never asks the adapter what happened:
// only the peer's book says who was paid. It waits for no wall clock.
package banktest
