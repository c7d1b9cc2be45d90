package assembly

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/audit"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
)

// Setup is what an installation is made of before its first list: who we are in
// references, whose books pay whom, through which channels and accounts. People
// are added one by one (accounts of the console, signers), never by a file.
type Setup struct {
	Installation string // three characters A–Z 0–9, in every reference for ever
	Demo         bool   // invented people only; for ever
	Books        []Book
	Channels     []Channel // in their fixed order
	Schemes      []payout.Scheme
}

// Book pays programmes in units. The same programme in the same unit is paid by
// one book only.
type Book struct {
	registry.Book
	Programmes []string
	Units      []registry.UnitKey
}

// Channel is a bank or provider with the accounts that books pay from.
type Channel struct {
	payout.Channel
	Accounts []Account
}

// Account is what one book pays from at a channel; Number is "" at a provider.
type Account struct {
	Book   string // code
	Number string
	Name   string // holder in bank ASCII
}

// ErrSetupDiffers means a database that was set up otherwise than the file says.
var ErrSetupDiffers = errors.New("the database was set up otherwise")

// Apply makes a migrated database this installation, in one transaction, and
// records who did it. Again it adds only what is new: what a database already
// holds is never changed by a file, except a channel's profile, which the bank
// itself may change. Another mark, name or paying account than stored is
// ErrSetupDiffers or registry.ErrMark, and nothing is done.
func (s Setup) Apply(ctx context.Context, db pgdb.DB, by string, now time.Time) error {
	return pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		switch err := registry.Prepare(ctx, tx, s.Demo, now); {
		case errors.Is(err, registry.ErrMark):
			return s.differs("demo", "dấu dữ liệu giả lập", "the mark of invented data", fmt.Sprint(!s.Demo), fmt.Sprint(s.Demo))
		case err != nil:
			return err
		}
		origin, err := payout.Install(ctx, tx, s.Installation, now)
		if err != nil {
			return err
		}
		if origin.Installation != s.Installation {
			return s.differs("installation", "ký hiệu cơ sở", "the installation's name", origin.Installation, s.Installation)
		}
		for _, scheme := range s.Schemes {
			if err := payout.AddScheme(ctx, tx, scheme); err != nil {
				return err
			}
		}
		books, err := s.addBooks(ctx, tx, now)
		if err != nil {
			return err
		}
		if err := s.addChannels(ctx, tx, books, now); err != nil {
			return err
		}
		_, err = audit.Append(ctx, tx, audit.Entry{At: now, Actor: by, Act: "installation.setup", Subject: "installation/" + s.Installation,
			Detail: map[string]any{"demo": s.Demo, "books": len(s.Books), "channels": len(s.Channels), "programmes": len(s.Schemes)}})
		return err
	})
}

func (s Setup) differs(what, vi, en, stored, wanted string) error {
	return errs.Coded(errs.Conflict, "SETUP-DIFFERS", fmt.Sprintf("Cơ sở dữ liệu đã cài đặt khác về %s: đang là %s, tệp ghi %s; không thay đổi gì. "+
		"Sửa tệp cho khớp, hoặc dùng thư mục dữ liệu khác. / The database was set up otherwise in %s: it holds %s, the file says %s; nothing was changed. "+
		"Make the file agree, or use another data folder.", vi, stored, wanted, en, stored, wanted), fmt.Errorf("%s: %w", what, ErrSetupDiffers))
}

// addBooks returns the ledger's books by code.
func (s Setup) addBooks(ctx context.Context, tx pgx.Tx, now time.Time) (map[string]ledger.BookID, error) {
	books := map[string]ledger.BookID{}
	for _, b := range s.Books {
		if err := registry.AddBook(ctx, tx, b.Book); err != nil {
			return nil, err
		}
		book, err := ledger.OpenBook(ctx, tx, b.Code, b.NameVI, now)
		if err != nil {
			return nil, err
		}
		books[b.Code] = book.ID
		var rules []registry.BookRule
		for _, programme := range b.Programmes {
			for _, unit := range b.Units {
				rules = append(rules, registry.BookRule{Programme: programme, Unit: unit, Book: b.Code, ValidFrom: b.ValidFrom})
			}
		}
		if err := registry.AddBookRules(ctx, tx, rules); err != nil {
			return nil, err
		}
	}
	return books, nil
}

func (s Setup) addChannels(ctx context.Context, tx pgx.Tx, books map[string]ledger.BookID, now time.Time) error {
	for _, ch := range s.Channels {
		var own []payout.PayingAccount
		for _, a := range ch.Accounts {
			own = append(own, payout.PayingAccount{Book: books[a.Book], Account: a.Number, Name: a.Name})
		}
		if err := payout.AddChannel(ctx, tx, ch.Channel, own, now); err != nil {
			return err
		}
		for i, wanted := range own {
			stored, err := payout.PayingAccountOf(ctx, tx, wanted.Book, ch.Key)
			if err != nil {
				return err
			}
			if stored != wanted {
				code := ch.Accounts[i].Book
				return s.differs("account", fmt.Sprintf("tài khoản chi của đơn vị %s tại %s", code, ch.Key),
					fmt.Sprintf("the paying account of book %s at %s", code, ch.Key), ending(stored.Account), ending(wanted.Account))
			}
		}
	}
	return nil
}

// ending is what a message may show of an account number.
func ending(account string) string {
	if len(account) <= 4 {
		return strings.Repeat("*", len(account))
	}
	return "***" + account[len(account)-4:]
}
