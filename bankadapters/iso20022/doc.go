// Package iso20022 writes and reads the ISO 20022 messages of a bank: pain.001
// out; pain.002, camt.053 and camt.054 in; and carries them over HTTPS.
//
// # The rule
//
// A file is taken whole or not at all. A reader hands over entries as it meets
// them, in flat memory, and ends with an error if the file does not add up; the
// caller then drops what it was given. A message is written only if the schema
// and the bank's page of docs/BANKS.md allow every character of it, and the
// same submission always gives the same bytes.
//
// # The picture
//
//	Submission ── writer ──> pain.001 ── read-back (scanner) ──> digest, count, sum
//	                            │
//	Client.Submit ──────────────┘ HTTPS, signed ──> pain.002 ──> Outcome
//
//	file ── scanner ──> walker + tree of the message ──> visitor ──> Head, Entry …
//
// The scanner cuts XML into tokens; the walker follows a tree that names the
// few elements we read, refuses repeated and missing ones and passes over the
// rest; each message has a tree and a visitor that checks its meaning.
//
// # What this package does not do
//
// It matches nothing and decides nothing about money: a group status, a "not
// found" and a duplicate code are handed on as what they are. It resolves no
// external entity and reads no DOCTYPE. Writer and reader share no code, so a
// fault in one cannot hide in the other.
package iso20022
