// Package uploads keeps a list that was sent to the console from the moment it is
// checked until it is taken, given up, or an hour old.
//
// # The rule
//
// What is taken is what was checked: the same bytes. They lie in the database
// encrypted, never on a disk of the console, and nobody opens them but the person
// who sent them, in the session they were sent from.
//
// # The picture
//
//	Keep ──> id ──> Open, Open, … ──> Drop
//	          └── an hour, or ten newer ones of the same person ──> gone
//
// # What this package does not do
//
// It reads no list (package registry does) and keeps no record of what was taken:
// registry.list holds the original of that.
package uploads
