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

// Setup is what the demo is made of: one book that pays every programme that
// ships, in every commune, through the sandbox's channels.
func (d Demo) Setup() (Setup, error) {
	schemes, err := payout.Schemes()
	if err != nil {
		return Setup{}, err
	}
	book := Book{Book: registry.Book{Code: d.BookCode, NameVI: d.BookName, NameEN: "Model Department of Home Affairs", ValidFrom: demoFrom}}
	for _, s := range schemes {
		book.Programmes = append(book.Programmes, s.Programme.Code)
	}
	for _, u := range registry.Communes() {
		book.Units = append(book.Units, u.Key())
	}
	return Setup{Installation: d.Installation, Demo: true, Books: []Book{book}, Channels: d.channels(), Schemes: schemes}, nil
}

var demoFrom = calendar.Must(2026, 1, 1)

// providerWords are the registry's words for the ways a list can name.
var providerWords = map[bankadapters.Key]string{"P1": "BHXH", "P2": "XA"}

func (d Demo) channels() []Channel {
	var list []Channel
	for i, p := range bankadapters.DemoProfiles() {
		ch := payout.Channel{Key: p.Key, Ordinal: int16(i + 1), Kind: "bank", NameVI: p.NameVI, BIN: p.BIN, Provider: providerWords[p.Key],
			Default: p.Key == "A", Profile: p}
		if p.BIN == "" {
			ch.Kind = "provider"
		}
		list = append(list, Channel{Channel: ch, Accounts: []Account{{Book: d.BookCode, Number: fmt.Sprintf("9990001%03d", i+1), Name: "SO NOI VU MAU"}}})
	}
	return list
}

// Accounts are the paying accounts of the demo's book, one per bank and
// provider. The sandbox must open those at banks.
func (d Demo) Accounts() []PayingAccount {
	var list []PayingAccount
	for _, ch := range d.channels() {
		list = append(list, PayingAccount{Channel: ch.Key, Bank: ch.Kind == "bank", Account: ch.Accounts[0].Number, Name: ch.Accounts[0].Name})
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
	setup, err := d.Setup()
	if err != nil {
		return err
	}
	if origin, err := payout.ReadOrigin(ctx, w.DB); err == nil && origin.Installation != d.Installation {
		return fmt.Errorf("the database is installation %s, seed %d gives %s: use the seed it was made with or another folder",
			origin.Installation, d.Seed, d.Installation)
	}
	if err := setup.Apply(ctx, w.DB, "cai-dat", now); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	if err := pgdb.InTx(ctx, w.DB, func(ctx context.Context, tx pgx.Tx) error { return d.addSigners(ctx, tx, now) }); err != nil {
		return fmt.Errorf("set up the demo: %w", err)
	}
	if err := w.Connect(ctx); err != nil {
		return err
	}
	return w.checkRestored(ctx) // notes which server this database was made on
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
		p.Public, p.ValidFrom = signer.Public(), demoFrom
		if err := payout.AddSigner(ctx, tx, p, "cai-dat", now); err != nil {
			return err
		}
	}
	return nil
}
