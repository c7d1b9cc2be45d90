// Package registry knows who is entitled to be on a list: people, the units
// they belong to, the channels they can be paid by, and the lists that say so.
//
// # The rule
//
// A list is taken whole or not at all, and never twice. Every row that is not
// taken is named: cell, what is wrong, how to mend it. One person is one record,
// found by the blind index of the personal id, whatever list names them; no id,
// account or phone number is stored in the clear. A database is a demo or real
// from its first day: invented ids (province 000) and real ones never meet.
//
// # The picture
//
//	file ── package sheet ── rows ── headings ── Line + []Finding ──> List    (ReadList)
//	                                                               │ errors: nothing is taken
//	                                                               v
//	                       one transaction: COPY to the stage ── people ── channels ── list rows
//	                                                                                  (ImportList)
//
// Package sheet walks the cells, whatever program wrote them.
//
// # What this package does not do
//
// It decides no entitlement and no amount (package payout does), knows no bank's
// wire, resolves no doubt about who a person is: it refuses the row and says so.
package registry
