// Package backup copies the database into one file while everybody works, proves
// that such a file can be restored, and puts it back into a new folder.
//
// # The rule
//
// A restored database must not pay what it has forgotten. So a backup says which
// head the ledger had, a restored copy is compared with it before anybody may use
// it, and it is marked as restored: every channel is closed and the epoch of ids
// has risen before the first program can connect. What the send journal knows is
// taken back by package payout; two people open each channel.
//
// # The picture
//
//	one snapshot ── manifest (installation, epoch, head, counts, schema)
//	            └── pg_dump ── database.dump ──> FILE: manifest.json + database.dump
//	FILE ── Verify ──> temporary server ── ledger.Verify, head and counts compared
//	FILE ── Restore ──> new folder ── the same, migrated, marked as restored
//
// # What this package does not do
//
// Keys and the send journal are never in a backup: with the keys it would open
// every account number, and with an old journal it would forget what was sent.
// It restores into a new folder only and never changes one that holds anything.
package backup
