package assembly

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
)

// Notice marks everything made of demo data.
const Notice = "DỮ LIỆU GIẢ LẬP"

// Demo is an invented installation. All of it follows from the seed alone.
type Demo struct {
	Seed         uint64
	Installation string // three characters A–Z 0–9
	BookCode     string
	BookName     string
	Keys         *crypt.Keys
	root         []byte
}

// NewDemo derives a demo installation. Its keys are as public as the seed.
func NewDemo(seed uint64) (Demo, error) {
	d := Demo{Seed: seed, BookCode: "9990001", BookName: "Sở Nội vụ Mẫu", root: fmt.Appendf(nil, "ansinh demo installation %d", seed)}
	name, err := crypt.Derive(d.root, "installation")
	if err != nil {
		return d, err
	}
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789" // 32: no bias, nothing that is read wrongly
	for _, b := range name[:3] {
		d.Installation += string(letters[b%32])
	}
	d.Keys, err = crypt.DeriveKeys(d.root)
	return d, err
}

// The people of the demo who act for the whole city. Approvers are one per
// commune, see ApproverOf.
const (
	Maker      = "can-bo-lap"     // declares and submits
	Department = "lanh-dao-so"    // approves large sections
	Accountant = "ke-toan-truong" // draws and releases
	Treasurer  = "thu-quy"        // uploads at portals
	Controller = "kiem-soat-vien" // the second person
	Clerk      = "van-thu"        // imports lists and files
)

// ApproverOf names the approver of a commune.
func ApproverOf(unit string) string { return "chu-tich-" + unit }

// Signer returns a person's key.
func (d Demo) Signer(id string) (*crypt.Signer, error) {
	seed, err := crypt.Derive(d.root, "signer/"+id)
	if err != nil {
		return nil, err
	}
	return crypt.NewSigner(id, seed)
}

// Accounts are the paying accounts of the demo's book, one per bank and
// provider. The sandbox must open those at banks.
func (d Demo) Accounts() []PayingAccount {
	var list []PayingAccount
	for i, p := range bankadapters.DemoProfiles() {
		list = append(list, PayingAccount{Channel: p.Key, Bank: p.BIN != "", Account: fmt.Sprintf("9990001%03d", i+1), Name: "SO NOI VU MAU"})
	}
	return list
}

// PayingAccount is an account of the demo's book at a bank or provider.
type PayingAccount struct {
	Channel bankadapters.Key
	Bank    bool
	Account string
	Name    string
}

// SetUp prepares a migrated database as this demo and connects the channels.
// Again on the same database it changes nothing; on a real one it is refused.
func (d Demo) SetUp(ctx context.Context, w *Works) error {
	now := w.config.Now()
	err := pgdb.InTx(ctx, w.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := registry.Prepare(ctx, tx, true, now); err != nil {
			return err
		}
		origin, err := payout.Install(ctx, tx, d.Installation, now)
		if err != nil {
			return err
		}
		if origin.Installation != d.Installation {
			return fmt.Errorf("the database is installation %s, seed %d gives %s: use the seed it was made with or another folder",
				origin.Installation, d.Seed, d.Installation)
		}
		book, err := ledger.OpenBook(ctx, tx, d.BookCode, d.BookName, now)
		if err != nil {
			return err
		}
		if err := d.addProgrammes(ctx, tx, now); err != nil {
			return err
		}
		if err := d.addChannels(ctx, tx, book.ID, now); err != nil {
			return err
		}
		return d.addSigners(ctx, tx, now)
	})
	if err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	if err := w.Connect(ctx); err != nil {
		return err
	}
	return w.checkRestored(ctx) // notes which server this database was made on
}

func (d Demo) addProgrammes(ctx context.Context, tx pgx.Tx, now time.Time) error {
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	from := calendar.Must(2026, 1, 1)
	book := registry.Book{Code: d.BookCode, NameVI: d.BookName, NameEN: "Model Department of Home Affairs", ValidFrom: from}
	if err := registry.AddBook(ctx, tx, book); err != nil {
		return err
	}
	var rules []registry.BookRule
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
		for _, u := range registry.Communes() {
			rules = append(rules, registry.BookRule{Programme: s.Programme.Code, Unit: u.Key(), Book: d.BookCode, ValidFrom: from})
		}
	}
	return registry.AddBookRules(ctx, tx, rules)
}

// providerWords are the registry's words for the ways a list can name.
var providerWords = map[bankadapters.Key]string{"P1": "BHXH", "P2": "XA"}

func (d Demo) addChannels(ctx context.Context, tx pgx.Tx, book ledger.BookID, now time.Time) error {
	accounts := d.Accounts()
	for i, p := range bankadapters.DemoProfiles() {
		ch := payout.Channel{Key: p.Key, Ordinal: int16(i + 1), Kind: "bank", NameVI: p.NameVI, BIN: p.BIN, Provider: providerWords[p.Key],
			Default: p.Key == "A", Profile: p}
		if !accounts[i].Bank {
			ch.Kind = "provider"
		}
		own := []payout.PayingAccount{{Book: book, Account: accounts[i].Account, Name: accounts[i].Name}}
		if err := payout.AddChannel(ctx, tx, ch, own, now); err != nil {
			return err
		}
	}
	return nil
}

func (d Demo) addSigners(ctx context.Context, tx pgx.Tx, now time.Time) error {
	people := []payout.Signer{
		{ID: Maker, NameVI: "Nguyễn Văn Mẫu", TitleVI: "Chuyên viên", Role: "maker"},
		{ID: Department, NameVI: "Trần Thị Mẫu", TitleVI: "Phó Giám đốc Sở", Role: "department"},
		{ID: Accountant, NameVI: "Lê Văn Thử", TitleVI: "Kế toán trưởng", Role: "accountant"},
		{ID: Treasurer, NameVI: "Phạm Thị Giả", TitleVI: "Thủ quỹ", Role: "accountant"},
		{ID: Controller, NameVI: "Hoàng Văn Lập", TitleVI: "Kiểm soát viên", Role: "accountant"},
	}
	for _, u := range registry.Communes() {
		people = append(people, payout.Signer{ID: ApproverOf(u.Code), NameVI: "Chủ tịch mẫu " + u.NameVI, TitleVI: "Chủ tịch UBND " + u.NameVI,
			Role: "approver", UnitCode: u.Code})
	}
	for _, p := range people {
		_, err := payout.ReadSigner(ctx, tx, p.ID)
		if err == nil {
			continue
		}
		if !errors.Is(err, payout.ErrNoSigner) {
			return err
		}
		signer, err := d.Signer(p.ID)
		if err != nil {
			return err
		}
		p.Public, p.ValidFrom = signer.Public(), calendar.Must(2026, 1, 1)
		if err := payout.AddSigner(ctx, tx, p, "cai-dat", now); err != nil {
			return err
		}
	}
	return nil
}
