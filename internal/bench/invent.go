package bench

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/bankadapters/iso20022"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/reconciliation"
	"ansinh/registry"
)

const (
	moneyProgramme = "TET26"
	moneyCategory  = "TET-HN-2026-04"
	moneyAmount    = money.Amount(300_000)
	moneyUnits     = 20 // communes that share the people
	moneyAccount   = "190000001"
	moneyBook      = "9990009"
)

var (
	moneyDay    = calendar.Must(2026, 2, 2)
	moneyPeriod = calendar.Must(2026, 1, 1) // the programme pays once, for this month
)

// openMoneyPath prepares the installation: book, programme, one bank, signers.
func openMoneyPath(ctx context.Context, db, owner *pgxpool.Pool, o MoneyOptions) (*moneyPath, error) {
	keys, err := crypt.DeriveKeys([]byte("bench"))
	if err != nil {
		return nil, err
	}
	m := &moneyPath{MoneyOptions: o, db: db, owner: owner, keys: keys, random: rand.NewChaCha8([32]byte{9}), signers: map[string]*crypt.Signer{},
		at: moneyDay.At(8, 0)}
	profile := bankadapters.DemoProfile("A")
	profile.CountMax, profile.DayCountMax, profile.DayTotalMax, profile.CutOffHour = 10_000, 0, 0, 24
	profile.ProofBy, profile.BulkBooking = bankadapters.ProofDebitLine, false
	m.bank = &payingBank{profile: profile, account: moneyAccount, now: o.Now}
	now := func() time.Time { return m.at }
	journal, err := payout.OpenJournal(filepath.Join(o.Dir, "journal"), "bench")
	if err != nil {
		return nil, err
	}
	m.engine = &payout.Engine{DB: db, Keys: keys, Now: now, Journal: journal,
		Lines: map[bankadapters.Key]*payout.Line{profile.Key: {Bank: bankadapters.NewBreaker(m.bank, profile, nil), Wire: iso20022.Pain001{}, Profile: profile}}}
	m.rec = &reconciliation.Reconciler{DB: db, Keys: keys, Random: m.random, Now: now, Spool: o.Dir}
	err = pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error { return m.install(ctx, tx) })
	if err == nil {
		_, err = owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS bench")
	}
	return m, err
}

func (m *moneyPath) install(ctx context.Context, tx pgx.Tx) error {
	if err := registry.Prepare(ctx, tx, true, m.at); err != nil {
		return err
	}
	var err error
	if m.engine.Origin, err = payout.Install(ctx, tx, "BEN", m.at); err != nil {
		return err
	}
	from := calendar.Must(2026, 1, 1)
	if err := registry.AddBook(ctx, tx, registry.Book{Code: moneyBook, NameVI: "Sổ đo tốc độ", NameEN: "Bench", ValidFrom: from}); err != nil {
		return err
	}
	book, err := ledger.OpenBook(ctx, tx, moneyBook, "Sổ đo tốc độ", m.at)
	if err != nil {
		return err
	}
	schemes, err := payout.Schemes()
	if err != nil {
		return err
	}
	for _, s := range schemes {
		if err := payout.AddScheme(ctx, tx, s); err != nil {
			return err
		}
	}
	var rules []registry.BookRule
	people := []payout.Signer{{ID: "maker", Role: "maker"}, {ID: "department", Role: "department"}, {ID: "accountant", Role: "accountant"},
		{ID: "controller", Role: "accountant"}}
	for _, u := range registry.Communes()[:moneyUnits] {
		rules = append(rules, registry.BookRule{Programme: moneyProgramme, Unit: u.Key(), Book: moneyBook, ValidFrom: from})
		people = append(people, payout.Signer{ID: "chair-" + u.Code, Role: "approver", UnitCode: u.Code})
	}
	if err := registry.AddBookRules(ctx, tx, rules); err != nil {
		return err
	}
	for _, p := range people {
		if err := m.sign(ctx, tx, p, from); err != nil {
			return err
		}
	}
	channel := payout.Channel{Key: m.bank.profile.Key, Ordinal: 1, Kind: "bank", NameVI: m.bank.profile.NameVI, BIN: m.bank.profile.BIN, Default: true,
		Profile: m.bank.profile}
	return payout.AddChannel(ctx, tx, channel, []payout.PayingAccount{{Book: book.ID, Account: moneyAccount, Name: "SO DO TOC DO"}}, m.at)
}

func (m *moneyPath) sign(ctx context.Context, tx pgx.Tx, p payout.Signer, from calendar.Date) error {
	seed, err := crypt.Derive([]byte("bench"), "signer/"+p.ID)
	if err != nil {
		return err
	}
	if m.signers[p.ID], err = crypt.NewSigner(p.ID, seed); err != nil {
		return err
	}
	p.NameVI, p.TitleVI, p.Public, p.ValidFrom = "Người Mẫu", "Chức danh mẫu", m.signers[p.ID].Public(), from
	return payout.AddSigner(ctx, tx, p, "bench", m.at)
}

const sqlInventList = `
INSERT INTO registry.list (id, programme, unit_code, unit_valid_from, file_name, sha256, original_enc, rows_total, rows_taken, rows_refused,
                           people_new, people_known, channels_changed, imported_by, imported_at)
VALUES (nextval('registry.list_seq'), @programme, @unit, @unit_from, 'bench.xlsx', @sum, '', @rows, @rows, 0, @rows, 0, 0, 'bench', @now)
RETURNING id`

const sqlInventPeople = `
COPY registry.person (id, id_index, id_enc, name, name_fold, birth_year, birth_precision, sex, unit_code, unit_valid_from, residential_group,
                      address, first_list, created_at, changed_at)
FROM STDIN (FORMAT binary)`

const sqlInventChannels = `
COPY registry.channel (person, rank, kind, method, bank_bin, account_enc, account_index, account_tail, holder, list, valid_from)
FROM STDIN (FORMAT binary)`

const sqlInventRows = `
COPY registry.list_row (list, row_no, person, category, decision_no, method, payee_name, payee_kind, contact, note)
FROM STDIN (FORMAT binary)`

// invent writes n people with accounts, and the lists of some communes that name
// them, as an import would leave them. It returns what they are owed.
func (m *moneyPath) invent(ctx context.Context, n int) (money.Amount, error) {
	units := registry.Communes()[:moneyUnits]
	for i, u := range units {
		count := n / moneyUnits
		if i < n%moneyUnits {
			count++
		}
		if count == 0 {
			continue
		}
		err := pgdb.InTx(ctx, m.owner, func(ctx context.Context, tx pgx.Tx) error { return m.list(ctx, tx, u, count) })
		if err != nil {
			return 0, err
		}
		m.people += count
	}
	return moneyAmount * money.Amount(n), nil
}

func (m *moneyPath) list(ctx context.Context, tx pgx.Tx, u registry.Unit, count int) error {
	var id int64
	sum := m.keys.Index(crypt.FieldID, crypt.Secret(fmt.Sprintf("list %d", m.people)))
	err := tx.QueryRow(ctx, sqlInventList, pgx.NamedArgs{"programme": moneyProgramme, "unit": u.Code, "unit_from": u.ValidFrom,
		"sum": append(sum, sum...), "rows": count, "now": m.at}).Scan(&id)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	from := time.Date(u.ValidFrom.Year(), u.ValidFrom.Month(), u.ValidFrom.Day(), 0, 0, 0, 0, time.UTC)
	for _, set := range []struct {
		sql string
		row func(w *pgdb.CopyWriter, person, i int) error
	}{
		{sqlInventPeople, func(w *pgdb.CopyWriter, person, _ int) error { return m.person(w, person, u.Code, from, id) }},
		{sqlInventChannels, func(w *pgdb.CopyWriter, person, _ int) error { return m.channel(w, person, id) }},
		{sqlInventRows, func(w *pgdb.CopyWriter, person, i int) error { listRow(w, id, person, i); return nil }},
	} {
		_, err := pgdb.CopyBinary(ctx, tx, set.sql, func(w *pgdb.CopyWriter) error {
			for i := range count {
				if err := set.row(w, m.people+i+1, i+1); err != nil {
					return err
				}
			}
			return w.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func nameOf(person int) string { return fmt.Sprintf("Nguyễn Thị Mẫu %d", person) }

// closed encrypts a value as an import does.
func (m *moneyPath) closed(kind crypt.FieldKind, value string) (index, enc []byte, err error) {
	index = m.keys.Index(kind, crypt.Secret(value))
	enc, err = m.keys.Encrypt(m.random, crypt.Place{Column: string(kind), Row: hex.EncodeToString(index)}, crypt.Secret(value))
	return index, enc, err
}

func (m *moneyPath) person(w *pgdb.CopyWriter, person int, unit string, from time.Time, list int64) error {
	index, enc, err := m.closed(crypt.FieldID, fmt.Sprintf("000%09d", person))
	if err != nil {
		return err
	}
	w.Begin(15)
	w.Int64(int64(person))
	w.Bytes(index)
	w.Bytes(enc)
	w.Text(nameOf(person))
	w.Text(fmt.Sprintf("nguyen thi mau %d", person))
	w.Int32(1950)
	w.Text("year")
	w.Text("F")
	w.Text(unit)
	w.Date(from)
	w.Text("")
	w.Text("")
	w.Int64(list)
	w.Timestamptz(m.at)
	w.Timestamptz(m.at)
	return nil
}

func (m *moneyPath) channel(w *pgdb.CopyWriter, person int, list int64) error {
	account := fmt.Sprintf("00%010d", person)
	index, enc, err := m.closed(crypt.FieldAccount, account)
	if err != nil {
		return err
	}
	w.Begin(11)
	w.Int64(int64(person))
	w.Int16(1)
	w.Text("bank")
	w.Text("account")
	w.Text(m.bank.profile.BIN)
	w.Bytes(enc)
	w.Bytes(index)
	w.Text(account[len(account)-4:])
	w.Text(nameOf(person))
	w.Int64(list)
	w.Timestamptz(m.at)
	return nil
}

func listRow(w *pgdb.CopyWriter, list int64, person, i int) {
	w.Begin(10)
	w.Int64(list)
	w.Int32(int32(i))
	w.Int64(int64(person))
	w.Text(moneyCategory)
	w.Text("")
	w.Text("account")
	w.Text("")
	w.Text("self")
	w.Text("")
	w.Text("")
}

const sqlAnalyseInvented = `ANALYZE registry.person, registry.channel, registry.list_row, registry.list`

// analyse gives the planner what autovacuum would have by the time somebody plans.
func (m *moneyPath) analyse(ctx context.Context) error {
	if _, err := m.owner.Exec(ctx, sqlAnalyseInvented); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	return nil
}
