// Package reconciliation holds what banks and providers say against what we
// ordered, posts what is proved, and lists what does not match.
//
// # The rule
//
// Only a booked entry of a final statement moves the money at a bank, and each
// moves it once. A payment is matched by id and amount and our account and the
// payee's account where given, never by likeness. Every line of every file ends
// in exactly one cell of one table (situation × evidence → action), and no cell
// is empty: what is not understood is booked as unknown and opens a break.
//
// # The picture
//
//	file ── Intake ──> kept raw ── checked whole ──> witnesses, entries, bookings
//	witnesses ── Step ──> situation × evidence ──> ledger vouchers
//	                                          \──> breaks, bars, global stop
//	statements ── BankDay, CloseBatch ──> our book = the bank's book, or why not
//
// An entry is one event at the bank, known by the bank's own reference; files
// that speak of it are its witnesses; its booking is the one line of a final
// statement that counts. docs/STATES.md is printed from [Table] and compared
// with it by a test.
//
// # What this package does not do
//
// It sends nothing, asks no bank, and decides no new attempt: a person does,
// twice. It never guesses a match; account, amount and date alone make a
// suggestion on a break. It never reads the wall clock.
package reconciliation
