// Package sheet is the rail of a bank that takes a spreadsheet in its portal:
// a template goes out, a clerk uploads it, a result file comes back.
//
// # The rule
//
// The first download of a template is the send: from then on nobody can know
// whether it was uploaded, so the submission is in doubt until two people enter
// the portal's receipt. This package therefore has no Submit that sends.
//
// # The picture
//
//	Submission ── Template ──> .xlsx ── clerk ──> portal ──> receipt (entered by two)
//	                 └── read-back ──> digest, count, sum
//	portal ──> result .xlsx ── ResultReader ──> one entry per line, cell-addressed errors
//
// # What this package does not do
//
// It guesses no column and repairs no number: ids, accounts and bank numbers are
// text, amounts whole đồng, and a cell that is neither refuses the whole file.
// A result file proves single payments; it is never the account's statement.
package sheet
