// Package people keeps the record of one person right for as long as money is
// owed to them: who they are, where they live, who may receive for them, and that
// they died.
//
// # The rule
//
// A record changes only by an act: proposed by a person in office, with a paper
// and a reason, and, where the act could divert money or a right, sealed by a
// second person with powers over that commune. Nothing is overwritten: every
// statement keeps from when it is true and since when it is known, and the record
// can be read as of any day, as it was known at any time. An act that meets a
// record changed meanwhile is refused.
//
// # The picture
//
//	Propose ──> act ──(one person is enough)──────────> applied
//	             │
//	             └─(two)─> waiting ──Confirm: Ed25519 seal──> applied
//	                          └─────Refuse, with a reason
//	applied ──> person_fact, payee, household, death, merged   append-only
//	        ──> person, channel                                as they are now
//
// Planning reads where money goes from one SQL function, registry.way_on: the
// payee in force, else the person's own channel, of the dead nobody's. A report of
// a death rests unsent money at once, before the second person has spoken, because
// a hold can be lifted and money in a dead person's account is hard to get back. An
// account that took another way's place is held back likewise (fresh.go): planning
// rests what would go there until the bank and a second person have spoken.
//
// # What this package does not do
//
// It moves no money and knows no batch: what rests, what is claimed twice and from
// which period a change counts it asks of [Office]. It decides no doubt about who
// somebody is, and moves nobody to another commune by guess.
package people
