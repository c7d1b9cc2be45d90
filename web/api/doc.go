// Package api answers machines over HTTP: banks and providers that deliver
// files by themselves.
//
// # The rule
//
// Nothing of a request is looked at before its signature is verified, and no
// request works twice: the time must be ours within 15 minutes, the nonce new.
// Every answer is signed with the same key, so that a bank knows who took its
// file, and carries the ledger's head, so that its archive is a witness.
//
// # The picture
//
//	POST /api/v1/settlements ── headers ── body to disk, hashed ── signature
//	                         ── nonce ── Intake ──> receipt | what is wrong, and where
//
// Here an error becomes an answer: one function maps its kind to a status and
// its sentence to JSON, and logs it if it is ours.
//
// # What this package does not do
//
// It holds no business rule: what a file means is decided by package
// reconciliation and, for withdrawal files, by package timeliness.
package api
