package reconciliation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/bankadapters/cashlist"
	"ansinh/bankadapters/iso20022"
	"ansinh/bankadapters/sheet"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

// Reconciler takes files in and posts what they prove. Its methods may be
// called by several workers at once.
type Reconciler struct {
	DB     pgdb.DB
	Keys   *crypt.Keys
	Random io.Reader        // for the encryption of originals
	Now    func() time.Time // the engine's clock
	// Readers opens a file of a kind; nil means [Readers].
	Readers map[bankadapters.Kind]Opener
	// Spool is the folder for files while they arrive; "" is the system's.
	Spool string
	// BytesMax limits one file; 0 means 1 GiB.
	BytesMax int64
	// ChunkMax limits the lines of one posting transaction; 0 means 10,000.
	ChunkMax int
	Planted  Planted
}

// Opener makes a reader of one file kind.
type Opener func(io.Reader) bankadapters.Reader

// Readers are the files of all rails of this release that reconciliation takes.
func Readers() map[bankadapters.Kind]Opener {
	return map[bankadapters.Kind]Opener{
		bankadapters.KindStatement:      func(r io.Reader) bankadapters.Reader { return iso20022.NewStatementReader(r) },
		bankadapters.KindNotification:   func(r io.Reader) bankadapters.Reader { return iso20022.NewNotificationReader(r) },
		bankadapters.KindStatusReport:   func(r io.Reader) bankadapters.Reader { return iso20022.NewStatusReader(r) },
		bankadapters.KindSheetResult:    func(r io.Reader) bankadapters.Reader { return sheet.NewResultReader(r) },
		bankadapters.KindProviderResult: func(r io.Reader) bankadapters.Reader { return cashlist.NewResultReader(r) },
	}
}

const (
	bytesMaxDefault = 1 << 30 // a million entries of camt.053; the file is never in memory
	chunkMaxDefault = 10_000
	channelLock     = 7211004 // class of the advisory lock per channel
)

// The refusals a caller may match with errs.Code, as listed in docs/ERRORS.md.
const (
	codeKind       = "RECON-KIND"
	codeSize       = "RECON-SIZE"
	codeChannel    = "RECON-CHANNEL"
	codeOwner      = "RECON-OWNER"
	codeOtherBody  = "RECON-OTHER-BODY"
	codeOld        = "RECON-OLD"
	codeOpening    = "RECON-OPENING"
	codeMessage    = "RECON-MESSAGE"
	codeFile       = "RECON-FILE"
	codeNoBooking  = "RECON-BOOKING-DATE"
	codeBreak      = "RECON-BREAK"
	codeTwoPeople  = "RECON-TWO-PEOPLE"
	codeDay        = "RECON-DAY"
	codeDifference = "RECON-DIFFERENCE"
	codeClosing    = "RECON-CLOSING"
)

// bank is a channel as reconciliation needs it.
type bank struct {
	key      bankadapters.Key
	ordinal  int32
	provider bool
	profile  bankadapters.Profile
}

const sqlBank = `SELECT key, ordinal, kind = 'provider', profile FROM payout.channel WHERE key = @key`

func readBank(ctx context.Context, db pgdb.Querier, key bankadapters.Key) (bank, error) {
	var b bank
	err := db.QueryRow(ctx, sqlBank, pgx.NamedArgs{"key": key}).Scan(&b.key, &b.ordinal, &b.provider, &b.profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return bank{}, errs.Coded(errs.NotFound, codeChannel,
			fmt.Sprintf("Không có ngân hàng hoặc đơn vị chi trả %q. / There is no bank or provider %q.", key, key), nil)
	}
	if err != nil {
		return bank{}, fmt.Errorf("channel %s: %w", key, err)
	}
	return b, nil
}

const sqlBookOfAccount = `SELECT book FROM payout.paying_account WHERE channel = @channel AND account = @account`

// bookOf finds the book whose paying account this is; ok is false for an
// account of somebody else.
func bookOf(ctx context.Context, db pgdb.Querier, channel bankadapters.Key, account string) (book ledger.BookID, ok bool, err error) {
	err = db.QueryRow(ctx, sqlBookOfAccount, pgx.NamedArgs{"channel": channel, "account": account}).Scan(&book)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("owner of the account: %w", err)
	}
	return book, true, nil
}

const sqlLockChannel = `SELECT pg_catalog.pg_advisory_xact_lock(@class, @ordinal)`

// lockChannel lets one transaction at a time take in or post for a channel. It
// comes before every other lock.
func lockChannel(ctx context.Context, tx pgx.Tx, b bank) error {
	if _, err := tx.Exec(ctx, sqlLockChannel, pgx.NamedArgs{"class": channelLock, "ordinal": b.ordinal}); err != nil {
		return fmt.Errorf("lock channel %s: %w", b.key, err)
	}
	return nil
}

func (r *Reconciler) opener(kind bankadapters.Kind) (Opener, bool) {
	readers := r.Readers
	if readers == nil {
		readers = Readers()
	}
	open, ok := readers[kind]
	return open, ok
}

func (r *Reconciler) bytesMax() int64 {
	if r.BytesMax > 0 {
		return r.BytesMax
	}
	return bytesMaxDefault
}

func (r *Reconciler) chunkMax() int {
	if r.ChunkMax > 0 {
		return r.ChunkMax
	}
	return chunkMaxDefault
}

// accountForm is the one form in which an account number is compared.
func accountForm(s string) string {
	return strings.ToUpper(withoutMarks.Replace(s))
}

var withoutMarks = strings.NewReplacer(" ", "", "-", "", ".", "")

// tail is what may be shown of an account number.
func tail(account string) string {
	if len(account) <= 4 {
		return ""
	}
	return account[len(account)-4:]
}
