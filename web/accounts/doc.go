// Package accounts knows who may sign in to the console, and opens a person's
// signing key for the moment in which they approve.
//
// # The rule
//
// An act is one person's act. A signing key stands in the database closed under
// a key made of its owner's password, so neither an operator nor a stolen backup
// can approve in anybody's name; it is opened for one act, after the password was
// typed for that act, and kept nowhere. What the browser holds (session, link) is
// stored as a hash only.
//
// # The picture
//
//	SignIn(id, password) ──> session token ──> Session(token) at every request
//	                           idle 30 minutes, at most 12 hours, on the injected clock
//	Signer(id, password) ──> crypt.Signer, for one seal
//	five wrong passwords in 15 minutes ──> a quarter of an hour of silence
//
// Every sign-in, link, change and failure is in the audit chain.
//
// # What this package does not do
//
// It decides no power over money: that is payout.Signer, looked at again with
// every seal. It cannot give a lost password back, because the key would be lost
// with it: the person gets a new account with a new key. It has no second factor
// yet.
package accounts
