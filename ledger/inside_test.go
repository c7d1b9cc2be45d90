package ledger

import (
	"context"
	"strings"
	"testing"

	"ansinh/internal/pgdb"
)

// Judge walks lines with the rule in Go and returns what is wrong with the last.
func Judge(ctx context.Context, t testing.TB, db pgdb.Querier, lines []Line, book BookID) string {
	t.Helper()
	accounts, err := readAccounts(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	p := path{accounts: accounts}
	problem := ""
	for _, l := range lines {
		problem = p.next(l, book)
	}
	return problem
}

// RoleCodes is the prescribed account of every role.
func RoleCodes() map[Role]string {
	codes := make(map[Role]string)
	for role, code := range codeOf {
		codes[role], _, _ = strings.Cut(code, ".")
	}
	return codes
}

// Leaf and Digest show the encodings to golden tests.
func Leaf(l Line) [32]byte { return l.leaf() }
