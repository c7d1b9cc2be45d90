package simtest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

// payee is one approved payment as the oracles know it, from the day before
// anything could go wrong with it.
type payee struct {
	no      int64
	section int16
	channel bankadapters.Key
	amount  money.Amount
	bin     string
	account string
}

const (
	programme    = "TET26"
	installation = "SIM"
	holderName   = "SO NOI VU MAU"
)

// amountOf is the amount of payment n: all differ, so that a script can name one.
func (o Options) amountOf(n int) money.Amount { return money.Amount(o.Base + o.Each*int64(n)) }

// payingAccount is our account at a channel.
func payingAccount(key bankadapters.Key) string { return "19000" + fmt.Sprintf("%02d", ordinalOf(key)) }

// demoProfiles are read once: every look at a book asks what a bank is.
var demoProfiles = sync.OnceValue(bankadapters.DemoProfiles)

func demoProfile(key bankadapters.Key) bankadapters.Profile { return demoProfiles()[ordinalOf(key)-1] }

func isBank(key bankadapters.Key) bool { return demoProfile(key).BIN != "" }

func ordinalOf(key bankadapters.Key) int16 {
	for i, p := range demoProfiles() {
		if p.Key == key {
			return int16(i + 1)
		}
	}
	panic("simtest: no channel " + string(key))
}

const sqlFixtureBatch = `
INSERT INTO payout.batch (id, programme, period, name_vi, declared_count, declared_total, decision_no, decision_date, due_date, made_by, made_at, planned_at, released_at)
VALUES (@batch, 'TET26', '2026-02-01', 'Đợt mô phỏng', 100000, 100000000000, '01/QĐ', '2026-01-20', '2026-02-10', 'maker', @now, @now, @now)`

const sqlFixtureSection = `
INSERT INTO payout.section (batch, no, unit_code, unit_valid_from, unit_name_vi, book, count, total, digest, code, state)
VALUES (@batch, @section, '00004', '2025-07-01', 'Phường Ba Đình', @book, @count, @total, sha256('x'), 'ABCDEFGH', 'approved')`

const sqlFixtureRun = `
INSERT INTO payout.run (batch, section, channel, from_no, to_no, next_no, count, total)
VALUES (@batch, @section, @channel, @from, @to, @from, @count, @total)`

const sqlFixturePayment = `
INSERT INTO payout.payment (batch, no, amount, person, section, birth_year, channel, bin, account_tail, holder, name, category,
                            account_enc, account_index, id_enc, id_index)
VALUES (@batch, @no, @amount, @no, @section, 1950, @channel, @bin, '0000', @name, @name, 'TET-HN-2026-01', @enc, @index, @id_enc, @id_index)`

// fixture is a released batch under construction.
type fixture struct {
	s   *Sim
	tx  pgx.Tx
	now time.Time
}

// setUp writes the installation, the channels, a released batch of approved
// payments and the draws of its funds.
func (s *Sim) setUp(ctx context.Context) error {
	err := pgdb.InTx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		f := fixture{s: s, tx: tx, now: s.now}
		if err := f.install(ctx); err != nil {
			return err
		}
		return f.payments(ctx)
	})
	if err != nil {
		return fmt.Errorf("fixture: %w", err)
	}
	draws, err := payout.DrawNeeds(ctx, s.db, s.batch, "ke toan truong", s.now)
	if err != nil {
		return err
	}
	for _, key := range s.channels {
		if isBank(key) && s.options.Extra > 0 {
			if err := s.world.Fund(string(key), payingAccount(key), s.options.Extra, "KHAC"); err != nil {
				return err
			}
		}
	}
	for _, d := range draws {
		if !isBank(d.Channel) {
			continue
		}
		if err := s.world.Fund(string(d.Channel), payingAccount(d.Channel), int64(d.Amount), d.Reference); err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) install(ctx context.Context) error {
	book, err := ledger.OpenBook(ctx, f.tx, "1000001", "Sở Nội vụ Mẫu", f.now)
	if err != nil {
		return err
	}
	f.s.book = book.ID
	if f.s.origin, err = payout.Install(ctx, f.tx, installation, f.now); err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	for _, one := range schemes {
		if err := payout.AddScheme(ctx, f.tx, one); err != nil {
			return err
		}
	}
	for _, key := range f.s.channels {
		c := payout.Channel{Key: key, Ordinal: ordinalOf(key), Kind: "bank", NameVI: string(key), Profile: f.s.profile(key), Default: key == f.s.channels[0]}
		c.BIN = c.Profile.BIN
		if !isBank(key) {
			c.Kind, c.Provider, c.Default = "provider", string(key), false
		}
		accounts := []payout.PayingAccount{{Book: book.ID, Account: payingAccount(key), Name: holderName}}
		if err := payout.AddChannel(ctx, f.tx, c, accounts, f.now); err != nil {
			return err
		}
	}
	return nil
}

// payments shares the payees among sections and channels, one run each.
func (f *fixture) payments(ctx context.Context) error {
	if _, err := f.tx.Exec(ctx, sqlFixtureBatch, pgx.NamedArgs{"batch": f.s.batch, "now": f.now}); err != nil {
		return err
	}
	for _, section := range f.s.plan() {
		if err := f.section(ctx, section); err != nil {
			return err
		}
	}
	return nil
}

// plan lists the payees by section, in number order.
func (s *Sim) plan() [][]payee {
	var plan [][]payee
	o, no := s.options, 0
	for i := range o.Sections {
		var list []payee
		share := o.Payments / o.Sections
		if i == o.Sections-1 {
			share = o.Payments - no
		}
		for k, key := range o.Channels {
			count := share / len(o.Channels)
			if k == len(o.Channels)-1 {
				count = share - len(list)
			}
			for range count {
				no++
				bin := demoProfiles()[s.rng.IntN(5)].BIN
				list = append(list, payee{no: int64(no), section: int16(i + 1), channel: key, amount: o.amountOf(no), bin: bin,
					account: fmt.Sprintf("00%010d", no)})
			}
		}
		plan = append(plan, list)
		s.payees = append(s.payees, list...)
	}
	return plan
}

func (f *fixture) section(ctx context.Context, list []payee) error {
	args := pgx.NamedArgs{"batch": f.s.batch, "section": list[0].section, "book": f.s.book, "count": len(list), "total": sumOf(list)}
	if _, err := f.tx.Exec(ctx, sqlFixtureSection, args); err != nil {
		return err
	}
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to].channel == list[from].channel {
			to++
		}
		part := list[from:to]
		last := part[len(part)-1].no
		if last == int64(f.s.options.Payments) {
			last -= int64(f.s.options.Held)
		}
		_, err := f.tx.Exec(ctx, sqlFixtureRun, pgx.NamedArgs{"batch": f.s.batch, "section": part[0].section, "channel": part[0].channel,
			"from": part[0].no, "to": last, "count": len(part), "total": sumOf(part)})
		if err != nil {
			return err
		}
		from = to
	}
	desk := ledger.NewDesk(f.tx, f.s.book, ledger.EntrustedState, "", programme, f.now)
	lines := make([]ledger.Line, len(list))
	for i, p := range list {
		if err := f.payment(ctx, p); err != nil {
			return err
		}
		var err error
		if lines[i], err = desk.Fill(ctx, ledger.Position{Payment: p.no}.Next(f.s.batch, ledger.LegApproved, 0, p.amount)); err != nil {
			return err
		}
	}
	_, err := payout.Post(ctx, f.tx, ledger.Voucher{Key: fmt.Sprintf("approved/%d", list[0].section), Facts: []byte("simulated"), Book: f.s.book,
		PostingSet: ledger.EntrustedState, Kind: "approved", AccountingDate: calendar.DateOf(f.now), PostedAt: f.now, Text: "duyệt",
		Batch: f.s.batch, Lines: ledger.ListOf(lines)}, payout.Moved{})
	return err
}

// payment stores a payee with an account and a personal id, so that it can be
// tried over a bank and over a provider.
func (f *fixture) payment(ctx context.Context, p payee) error {
	closed := func(kind crypt.FieldKind, value crypt.Secret) (enc, index []byte, err error) {
		index = f.s.keys.Index(kind, value)
		enc, err = f.s.keys.Encrypt(f.s.random, crypt.Place{Column: string(kind), Row: fmt.Sprintf("%x", index)}, value)
		return enc, index, err
	}
	enc, index, err := closed(crypt.FieldAccount, crypt.Secret(p.account))
	if err != nil {
		return err
	}
	idEnc, idIndex, err := closed(crypt.FieldID, crypt.Secret(fmt.Sprintf("000%09d", p.no)))
	if err != nil {
		return err
	}
	_, err = f.tx.Exec(ctx, sqlFixturePayment, pgx.NamedArgs{"batch": f.s.batch, "no": p.no, "amount": p.amount, "section": p.section,
		"channel": p.channel, "bin": p.bin, "name": fmt.Sprintf("Nguyễn Văn %d", p.no), "enc": enc, "index": index, "id_enc": idEnc, "id_index": idIndex})
	return err
}

func sumOf(list []payee) money.Amount {
	var sum money.Amount
	for _, p := range list {
		sum += p.amount
	}
	return sum
}
