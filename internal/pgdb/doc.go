// Package pgdb is the only door to PostgreSQL: it starts a server of our own
// where none is given, opens pools in the engine's role, migrates the schema,
// and runs transactions whose outcome is never guessed.
//
// # The rules
//
// A transaction that may have committed is reported as [ErrCommitUnknown],
// never as failed. Inside a transaction there is only database work: [InTx]
// marks its context, and a bank adapter that sees the mark ([InTransaction])
// panics, because a retried transaction could pay twice. A data folder is
// never deleted, whatever is wrong with it.
//
// # The picture
//
//	ANSINH_DATABASE_URL ──────────────┐
//	StartServer(DIR) ── Server.URL() ─┤
//	                                  ├─ Migrate   as role ansinh_owner (owns every table)
//	                                  ├─ Open      as role ansinh_engine (what migrations grant)
//	                                  └─ OpenOwner as ansinh_owner (tools and tests)
//
//	Open ── DB ── InTx(ctx, db, fn) ── fn(ctx marked, tx) ── COMMIT ─┬─ nil
//	              ^ again on 40001, 40P01                            ├─ ErrRolledBack
//	                                                                 └─ ErrCommitUnknown
//
// # What this package does not do
//
// It knows no table of ours, finds no transaction in a context, retries
// nothing but a whole transaction, and reads no clock except to wait for the
// server process it started itself.
package pgdb
