package ledger

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
)

// NewJudge returns a function that walks the lines of one payment with the rule
// in Go and says what is wrong with the last.
func NewJudge(ctx context.Context, t testing.TB, db pgdb.Querier) func(lines []Line, book BookID) string {
	t.Helper()
	accounts, err := readAccounts(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	return func(lines []Line, book BookID) string {
		p := path{accounts: accounts}
		problem := ""
		for _, l := range lines {
			problem = p.next(l, book)
		}
		return problem
	}
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

// SampleDigest is the digest of a fixed header.
func SampleDigest() [32]byte {
	h := header{Key: "approve 1001/3", PostingSet: EntrustedState, Kind: "approval", Text: "Duyệt chi", Facts: sha256.Sum256([]byte("facts")),
		Book: 5, AccountingDate: calendar.Must(2026, 2, 3), PostedAt: time.UnixMicro(1_770_000_000_123_456).UTC(), Batch: 1001,
		OrderNo: 6, Cause: 7, Reverses: 8, Lines: 9, Root: sha256.Sum256([]byte("root"))}
	return h.digest()
}

// SampleLink is the second link of a chain.
func SampleLink() [32]byte {
	return chainHash(2, chainHash(1, genesis, sha256.Sum256([]byte("a"))), sha256.Sum256([]byte("b")))
}

// CheckStatement is the legality statement, for looking at its plan.
const CheckStatement = sqlCheckKeys

// PositionsStatement reads where payments are, for looking at its plan.
const PositionsStatement = sqlPositions

// CheckMany is the same for many lines of one number.
const CheckMany = sqlAlikeLater

// PlanForMany sets in tx what Post sets for it.
func PlanForMany(ctx context.Context, tx pgx.Tx) error {
	s := store{ctx: ctx, tx: tx}
	return s.plan(forRanges)
}
