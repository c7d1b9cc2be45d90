// Package sandbox plays five banks and two paying providers that speak the
// wire of docs/BANKS.md, keep books of their own, and misbehave on purpose.
//
// # The rule
//
// A bank answers only after what it did stands in its own book. The book of a
// bank is the one source of truth about money that really moved, so the engine
// can be judged by it: nothing here is shared with the engine, neither structs
// nor parsers nor the code of its ids. Only the standard library is imported.
//
// # The picture
//
//	request --> signature --> fault plan --> taking --> book.jsonl (fsync) --> answer
//	                                           |
//	control: clock, close of day --> waiting payments, returns, statements, files
//	                                           |
//	deliver  --> POST callback/api/v1/settlements (same bytes until a definite answer)
//
// All state of a bank is a fold over the events of its book: a bank opened
// again on the same folder continues exactly where it was, with everything
// that still waits. Faults are a pure function of (seed, bank, id, n-th try),
// time comes in as [Config].Now or by the control call; the same seed and the
// same sequence of requests give the same book, byte for byte.
//
// # What this package does not do
//
// It knows nothing of entitlements, batches or ledgers, never reads the wall
// clock, never decodes an id of the engine, and is no model of a good bank:
// each of its banks has one bad habit that real ones have had.
package sandbox
