package pgdb

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE values that code of ours branches on. The names are PostgreSQL's.
const (
	UniqueViolation      = "23505"
	ForeignKeyViolation  = "23503"
	CheckViolation       = "23514"
	NotNullViolation     = "23502"
	ExclusionViolation   = "23P01"
	SerializationFailure = "40001"
	DeadlockDetected     = "40P01"
	LockNotAvailable     = "55P03"
	ObjectInUse          = "55006"
	QueryCanceled        = "57014"
	InsufficientRight    = "42501"
	DuplicateObject      = "42710"
	DuplicateTable       = "42P07"
	DuplicateDatabase    = "42P04"
	UndefinedTable       = "42P01"
	UndefinedObject      = "42704"
	UndefinedDatabase    = "3D000"
	RaisedException      = "P0001"

	// AppendOnly is ours: a guard trigger refused UPDATE, DELETE or TRUNCATE
	// on a table of record (function guard.append_only of migration 00001).
	AppendOnly = "AN001"
)

// State returns the SQLSTATE inside err, or "" if PostgreSQL sent none.
func State(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// IsUnique reports whether err is a violation of the named unique constraint
// or unique index. An empty name accepts any, which is rarely what a caller
// wants: two keys of one table usually mean two different things.
func IsUnique(err error, constraint string) bool {
	return isViolation(err, UniqueViolation, constraint)
}

// IsForeignKey reports whether err is a violation of the named foreign key;
// an empty name accepts any.
func IsForeignKey(err error, constraint string) bool {
	return isViolation(err, ForeignKeyViolation, constraint)
}

// IsCheck reports whether err is a violation of the named CHECK; an empty
// name accepts any.
func IsCheck(err error, constraint string) bool {
	return isViolation(err, CheckViolation, constraint)
}

func isViolation(err error, state, constraint string) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != state {
		return false
	}
	return constraint == "" || pgErr.ConstraintName == constraint
}
