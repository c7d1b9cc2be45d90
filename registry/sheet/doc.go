// Package sheet walks the cells of a list, whatever program wrote it.
//
// # The rule
//
// A file is what its bytes say, never what its name says, and nothing in it is
// trusted: every size, count, reference and nesting has a limit, and a file that
// passes one is refused with the place where it did. A cell is told as it is
// stored: the digits of a number, not the picture a format makes of them, so that
// no account loses its zeros and no date its century on the way.
//
// # The picture
//
//	bytes ── sniff ─┬─ xlsx (zip + XML) ──────────┐
//	                ├─ encrypted xlsx ── password ─┤
//	                ├─ xls (compound + BIFF8) ─────┼──> Book ── Rows ── Row{No, Cells, Hidden}
//	                └─ csv (text, encoding found) ─┘
//
// Memory stays flat: rows are walked one at a time, shared strings above a
// limit lie in a temporary file. Only a file under a password is unpacked whole,
// and it may not be larger than the limit of a file.
//
// # What this package does not do
//
// It knows no heading, no person and no language: package registry does. It
// computes no formula (the value stored with it is taken) and writes nothing
// (excelize does).
package sheet
