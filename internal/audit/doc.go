// Package audit keeps the record of who did what, so that changing it later
// cannot stay unseen.
//
// # The rule
//
// A record is written in the transaction of the act it tells of: both happen or
// neither. Nothing is ever changed or deleted; triggers refuse it even to the
// tables' owner. Each sealed record's hash covers the record and the hash before
// it, so one kept [Head] vouches for everything up to it.
//
// # The picture
//
//	act: Append(tx) ──> audit.record + audit.pending     waits for nobody
//	                        │ commit
//	sealer: Seal ───────> audit.chain  1 <- 2 <- 3 …     one at a time, later
//	auditor: Verify ────> every record in the chain, every hash right, head as anchored
//
// Sealing is a step of its own because a chain written in the act's transaction
// would let one act at a time into the whole program. Until it is sealed, a
// record is guarded by triggers and grants only; seal often.
//
// # What this package does not do
//
// It is not a log: no debugging, no names or account numbers in detail beyond
// what an auditor must see. It reads no clock and does not sign heads; whoever
// sends a head out of the machine does.
package audit
