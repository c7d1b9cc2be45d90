// Package verification asks the population register and the banks about people of
// a list, and keeps what they said until a person has decided what it means.
//
// # The rule
//
// Another register's answer changes nothing here by itself. Where it differs from
// our record a named person decides: the record is corrected, by an act of package
// people with its second person, or it stays as it is with a reason. Every answer
// is kept with its time and the source's version, encrypted; nothing is decided
// from an answer that did not come.
//
// # The picture
//
//	list ── Start ──> verification_item  waiting … waiting
//	                      │  Step, one bulk call at a time, outside any transaction
//	                      │     fresh answer in registry.answer? used again
//	                      │     else  pace ── breaker ── HTTP ──> PopulationRegister, AccountDirectory
//	                      v
//	                  same │ different │ dead │ not_found │ not_asked
//	                            └──── Resolve: accept (reason) │ correct (acts; open until they are done)
//
// A step commits what it learnt before the next begins, so a killed job goes on
// where it stood; a fence keeps two workers from doing it at once.
//
// # What this package does not do
//
// It resolves no difference, stops no payment (package payout rests those of people
// with an open one) and names no real wire: the adapters here speak to the sandbox's,
// and a real register gets an adapter of its own.
package verification
