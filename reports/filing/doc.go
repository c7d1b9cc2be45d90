// Package filing makes the reports that people ask for and keeps what was made.
//
// # The rule
//
// A filed report never changes. Its bytes stand in the database with their
// SHA-256, the ledger's head they were read at and who asked, and whoever
// downloads it gets those bytes or an error. Making is asked for first and done
// by a step, because a page must not wait for ten million rows.
//
// # The picture
//
//	Ask --> filing.request --Step--> settlement workbook | waiting times | verification
//	                                          |
//	                     filing.ending, filing.file, filing.part --Send--> the same bytes
//
// # What this package does not do
//
// It computes nothing itself: packages reports, timeliness, ledger and audit do.
// It deletes nothing; a wrong report is followed by a right one, and both stay.
package filing
