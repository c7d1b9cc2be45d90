package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
)

// Role is what an account is for. Posting sets name roles, so the same event
// posts to the right accounts whatever funds the programme.
type Role string

// The roles, each with the account of Circular 24/2024/TT-BTC it prints under
// in the table ledger.role.
const (
	RoleBudget        Role = "budget"         // 1371: the budget owes us
	RoleOwed          Role = "owed"           // 3388.N: we owe people
	RoleFunds         Role = "funds"          // 112.B: money at a bank, per programme; '' is .0
	RoleDraw          Role = "draw"           // 113.draw: drawn, not yet at the bank
	RoleSent          Role = "sent"           // 113.B.sent: ordered, not yet debited
	RoleOut           Role = "out"            // 113.B.out: debited, credit not proved
	RoleMove          Role = "move"           // 113.move: between two own accounts
	RoleBankClaim     Role = "bank_claim"     // 1388.B: the bank owes us
	RoleProvider      Role = "provider"       // 1388.P: drawn to a provider
	RoleProviderSent  Role = "provider_sent"  // 1388.P.sent: on a list at the provider
	RolePersonClaim   Role = "person_claim"   // 1388.R: a person owes us
	RoleUnknownDebit  Role = "unknown_debit"  // 1388.X
	RoleUnknownCredit Role = "unknown_credit" // 3388.X
	RoleFee           Role = "fee"            // 1388.fee: bank fees paid from own money
	RoleOther         Role = "other"          // 3388.K: interest, own money, what is to be paid over
	RoleCash          Role = "cash"           // 111
	RoleOfficer       Role = "officer"        // 1411.O: cash with an own officer
	RoleEntrusted     Role = "entrusted"      // 1378: entrusted by others than the state
	RoleFeeIncome     Role = "fee_income"     // 518: fee kept for paying
	RoleAllotment     Role = "allotment"      // 008: estimate allotted
	RoleDrawn         Role = "off_drawn"      // 008211: drawn in advance, not yet proved
	RoleProved        Role = "off_proved"     // 008212: drawn and proved
	RoleTechnical     Role = "technical"      // counter side of 008; never printed
)

// AccountID numbers an account across books.
type AccountID int32

// BookID numbers a book.
type BookID int32

// Book is a budget unit whose accounts and signatures are used.
type Book struct {
	ID     BookID
	Code   string // mã ĐVQHNS
	NameVI string
}

// Place is the paying account, bank or provider where money is; "" where that
// makes no sense (1371, 3388.N).
type Place string

// Slot names one account of a book by what it is for.
type Slot struct {
	Role      Role
	Place     Place
	Programme string
}

// ErrUnknownBook says that no book has the code.
var ErrUnknownBook = errors.New("no such book")

const sqlBookByCode = `SELECT id, code, name_vi FROM ledger.book WHERE code = @code`

// BookByCode finds a book, or returns ErrUnknownBook.
func BookByCode(ctx context.Context, db pgdb.Querier, code string) (Book, error) {
	rows, _ := db.Query(ctx, sqlBookByCode, pgx.NamedArgs{"code": code})
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Book])
	if errors.Is(err, pgx.ErrNoRows) {
		return Book{}, fmt.Errorf("book %s: %w", code, ErrUnknownBook)
	}
	return b, err
}

const sqlBooks = `SELECT id, code, name_vi FROM ledger.book ORDER BY code`

// Books lists all books by code.
func Books(ctx context.Context, db pgdb.Querier) ([]Book, error) {
	rows, _ := db.Query(ctx, sqlBooks)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Book])
}

const sqlOpenBook = `
INSERT INTO ledger.book (id, code, name_vi, opened_at)
VALUES (nextval('ledger.book_seq'), @code, @name, @now)
ON CONFLICT (code) DO NOTHING`

// OpenBook opens a book, or returns the one that has the code.
func OpenBook(ctx context.Context, tx pgx.Tx, code, nameVI string, now time.Time) (Book, error) {
	if b, err := BookByCode(ctx, tx, code); err == nil || !errors.Is(err, ErrUnknownBook) {
		return b, err
	}
	if _, err := tx.Exec(ctx, sqlOpenBook, pgx.NamedArgs{"code": code, "name": nameVI, "now": now}); err != nil {
		return Book{}, fmt.Errorf("open book %s: %w", code, err)
	}
	return BookByCode(ctx, tx, code)
}

const sqlAccountBySlot = `
SELECT id FROM ledger.account
 WHERE book = @book AND role = @role AND place = @place AND programme = @programme`

const sqlOpenAccount = `
INSERT INTO ledger.account (id, book, code, role, place, programme, opened_at)
SELECT nextval('ledger.account_seq'), @book, @code, r.name, @place, @programme, @now
  FROM ledger.role AS r WHERE r.name = @role
ON CONFLICT DO NOTHING`

// Account returns the account of book for slot, opening it on first use. It
// returns ErrBadSlot for names that cannot stand in an account code.
func Account(ctx context.Context, tx pgx.Tx, book BookID, slot Slot, now time.Time) (AccountID, error) {
	if err := slot.check(); err != nil {
		return 0, err
	}
	args := pgx.NamedArgs{"book": book, "role": string(slot.Role), "place": string(slot.Place),
		"programme": slot.Programme, "code": slot.code(), "now": now}
	for range 2 {
		var id AccountID
		err := tx.QueryRow(ctx, sqlAccountBySlot, args).Scan(&id)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return 0, fmt.Errorf("account %s: %w", slot.code(), err)
		}
		if _, err := tx.Exec(ctx, sqlOpenAccount, args); err != nil {
			return 0, fmt.Errorf("open account %s: %w", slot.code(), err)
		}
	}
	return 0, fmt.Errorf("account %s: role %q is not in the chart", slot.code(), slot.Role)
}

// codeOf is the printed code of each role; %P stands for the place.
var codeOf = map[Role]string{
	RoleBudget: "1371", RoleOwed: "3388.N", RoleFunds: "112", RoleDraw: "113.draw", RoleSent: "113", RoleOut: "113",
	RoleMove: "113.move", RoleBankClaim: "1388.B", RoleProvider: "1388.P", RoleProviderSent: "1388.P",
	RolePersonClaim: "1388.R", RoleUnknownDebit: "1388.X", RoleUnknownCredit: "3388.X", RoleFee: "1388.fee",
	RoleOther: "3388.K", RoleCash: "111", RoleOfficer: "1411.O", RoleEntrusted: "1378", RoleFeeIncome: "518",
	RoleAllotment: "008", RoleDrawn: "008211", RoleProved: "008212", RoleTechnical: "000",
}

// code builds the account's printed code: the prescribed account, then place,
// programme and, for 113 and 1388.P, what part of the way the money is on.
func (s Slot) code() string {
	c := codeOf[s.Role]
	if c == "" {
		c = string(s.Role)
	}
	if s.Place != "" {
		c += "." + string(s.Place)
	}
	if s.Programme != "" {
		c += "." + s.Programme
	} else if s.Role == RoleFunds {
		c += ".0"
	}
	switch s.Role {
	case RoleSent, RoleProviderSent:
		c += ".sent"
	case RoleOut:
		c += ".out"
	}
	return c
}

const sqlAddControl = `INSERT INTO ledger.control (book, place) VALUES (@book, @place) ON CONFLICT DO NOTHING`

const sqlLockControl = `SELECT place FROM ledger.control WHERE book = @book AND place = @place FOR UPDATE`

// LockFunds takes the one control row of a paying account or provider. Funds
// read before it returns may be stale; read them in a later statement.
func LockFunds(ctx context.Context, tx pgx.Tx, book BookID, place Place) error {
	args := pgx.NamedArgs{"book": book, "place": string(place)}
	if _, err := tx.Exec(ctx, sqlAddControl, args); err != nil {
		return fmt.Errorf("control row of %s: %w", place, err)
	}
	var got string
	if err := tx.QueryRow(ctx, sqlLockControl, args).Scan(&got); err != nil {
		return fmt.Errorf("lock funds of %s: %w", place, err)
	}
	return nil
}
