// Package timeliness measures how long people wait until they really hold the
// money, and says how much of that it cannot know.
//
// # The rule
//
// Silence is not an answer. A payment enters the curve only if some source
// promised, for that account or pay point and from the day of the credit, to
// report a first withdrawal; everybody else stays in the denominator and widens
// the bounds. People are counted, not payments, and nothing is published about
// fewer than [PeopleMin] of them.
//
// # The picture
//
//	withdrawal file --TakeFile--> coverage register + first events
//	                                     |
//	due -> drawn -> ordered -> credited -> first cash, spend or signature
//	                                     |
//	                Compute: curve of the covered | lowest and highest of all
//
// The clock starts at the due date of the batch, never at our own schedule, and
// counts whole days: day 0 ends when the due date ends, and money that came
// early counts as day 0. Whoever has several payments in a group has the money
// when the last of them came.
//
// # How the curve is made
//
// The curve is the Aalen–Johansen estimate of the share that has withdrawn,
// which is one minus Kaplan–Meier when nothing competes. A covered payment is
// censored at the end of its coverage or of yesterday, whichever comes first. A
// payment that came back and was not paid again is a competing event on the day
// it came back: it leaves, and never had the money. Deaths are not recorded by
// the registry yet; a death will compete in the same way. Coverage that begins
// after the credit cannot tell a first withdrawal from a later one, so such a
// payment is not covered, but an event it reports still proves that the person
// had the money by then.
//
// The arithmetic is exact (integers and math/big.Rat): two machines print the
// same figures.
//
// # What this package does not do
//
// It asks nobody, keeps no balance, amount or place of a withdrawal, never takes
// a credit for a receipt, and has no sensitive category as a dimension. It posts
// nothing.
package timeliness
