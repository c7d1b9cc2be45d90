package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/pgdb"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/people"
)

// personCommands keep one person's record: read it, propose a change, confirm one.
func personCommands() []command {
	return []command{
		{name: "person find", short: "tìm hồ sơ theo số định danh / the number of a record by personal id",
			example: "ansinh person find --id @so-dinh-danh.txt --reader can-bo-lap --role maker", setup: setupPersonFind},
		{name: "person show", short: "hồ sơ của một người vào một ngày / a person's record as of a day, as it was known at a time",
			example: "ansinh person show --person 12 --reader can-bo-lap --role maker --unit 00004\nansinh person show --person 12 --as-of 2026-01-31 --known-at 2026-02-10 --reader kiem-toan --role auditor --why 'kiểm toán' --json",
			setup:   setupPersonShow},
		{name: "person history", short: "mọi thay đổi của một người / every change of a person: who, when, why, on which paper",
			example: "ansinh person history --person 12 --reader kiem-toan --role auditor --why 'kiểm toán'", setup: setupPersonHistory},
		{name: "person months", short: "từng tháng một người được chi hay không, vì sao / month by month whether a person is paid, and why or why not",
			example: "ansinh person months --person 12 --reader kiem-toan --role auditor", setup: setupPersonMonths},
		{name: "person propose", args: "KIND", short: "đề nghị thay đổi hồ sơ / propose a change of a record",
			example: "ansinh person propose name --person 12 --name 'Nguyễn Văn Mẫu' --paper 12/GKS --paper-date 2026-01-15 --why 'sai chính tả' --by can-bo-lap\n" +
				"ansinh person propose death --person 12 --from 2026-01-18 --paper 3/TLKT --paper-date 2026-01-19 --why 'báo tử' --by can-bo-lap\n" +
				"ansinh person propose payee --person 12 --capacity heir --name 'Nguyễn Thị Con' --method account --bank 999001 --account @tk.txt --holder 'NGUYEN THI CON' --paper 4/VBTT --paper-date 2026-01-20 --why 'thừa kế' --by can-bo-lap",
			setup: setupPersonPropose},
		{name: "person waiting", short: "việc chờ người thứ hai / changes that wait for a second person",
			example: "ansinh person waiting --unit 00004", setup: setupPersonWaiting},
		{name: "person confirm", short: "người thứ hai xác nhận / the second person seals a change",
			example: "ansinh person confirm --act 31 --signer lanh-dao-so --key lanh-dao-so.key", setup: setupPersonConfirm},
		{name: "person refuse", short: "người thứ hai từ chối / the second person refuses a change, with a reason",
			example: "ansinh person refuse --act 31 --why 'nhầm người' --signer lanh-dao-so --key lanh-dao-so.key", setup: setupPersonRefuse},
		{name: "person units", short: "chuyển đơn vị hành chính cũ sang mới / move people of old communes by the table; list those a person must place",
			example: "ansinh person units --by can-bo-lap\nansinh person units --questions --json", setup: setupPersonUnits},
		{name: "person checks", short: "tài khoản chung không giấy tờ, quyền lợi trùng, dấu xác nhận / shared accounts without papers, rights claimed twice, every seal again",
			example: "ansinh person checks --json", setup: setupPersonChecks},
	}
}

// desk opens what acts on people need.
func (e *env) desk(ctx context.Context) (*people.Desk, error) {
	db, err := e.pool(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := e.keys()
	if err != nil {
		return nil, err
	}
	return &people.Desk{DB: db, Keys: keys, Random: rand.Reader, Now: e.now(), Office: payout.PeopleOffice{}}, nil
}

func readerFlags(f *flag.FlagSet) *people.Reader {
	var r people.Reader
	f.StringVar(&r.ID, "reader", "", "who reads; every reading is recorded")
	f.StringVar(&r.Role, "role", "", "role of the reader: maker, approver, accountant, department, auditor")
	f.StringVar(&r.Unit, "unit", "", "commune of the reader, for a maker or approver")
	f.StringVar(&r.Why, "why", "", "reason, for secret categories")
	return &r
}

// readNoted runs read and records the reading in the same transaction.
func readNoted(ctx context.Context, desk *people.Desk, who people.Reader, person int64, read func(context.Context, pgx.Tx) error) error {
	return pgdb.InTx(ctx, desk.DB, func(ctx context.Context, tx pgx.Tx) error {
		if err := people.NoteReading(ctx, tx, who, person, desk.Now()); err != nil {
			return err
		}
		return read(ctx, tx)
	})
}

// noteReading records that a person's data were read.
func noteReading(ctx context.Context, desk *people.Desk, who people.Reader, person int64) error {
	return readNoted(ctx, desk, who, person, func(context.Context, pgx.Tx) error { return nil })
}

const sqlPersonByID = `SELECT id FROM registry.person WHERE id_index = @index`

func setupPersonFind(f *flag.FlagSet) run {
	who := readerFlags(f)
	id := f.String("id", "", "all 12 digits, or @FILE that holds them")
	return func(ctx context.Context, e *env, _ []string) error {
		text, err := secret(*id)
		if err != nil {
			return err
		}
		whole, err := registry.LookupID(text.Reveal())
		if err != nil {
			return err
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		var person int64
		err = desk.DB.QueryRow(ctx, sqlPersonByID, pgx.NamedArgs{"index": desk.Keys.Index(crypt.FieldID, whole)}).Scan(&person)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.Coded(errs.NotFound, "PEOPLE-NO-ID", "Không có hồ sơ nào mang số định danh này. / No record has this id.", people.ErrNoPerson)
		}
		if err != nil {
			return err
		}
		return readNoted(ctx, desk, *who, person, func(context.Context, pgx.Tx) error {
			fmt.Fprintln(e.stdout, person)
			return nil
		})
	}
}

func setupPersonShow(f *flag.FlagSet) run {
	who := readerFlags(f)
	person := f.Int64("person", 0, "number of the record")
	asOf := f.String("as-of", "", "day, YYYY-MM-DD; today without it")
	knownAt := f.String("known-at", "", "end of this day is when it was known; now without it")
	asJSON := f.Bool("json", false, "the record as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *person <= 0 {
			return usagef("--person is needed")
		}
		now := e.now()()
		day, known := calendar.DateOf(now), now
		var err error
		if *asOf != "" {
			if day, err = calendar.ParseISO(*asOf); err != nil {
				return usagef("--as-of: %v", err)
			}
		}
		if *knownAt != "" {
			through, err := calendar.ParseISO(*knownAt)
			if err != nil {
				return usagef("--known-at: %v", err)
			}
			known = through.AddDays(1).Start().Add(-time.Microsecond)
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		var r people.Record
		err = readNoted(ctx, desk, *who, *person, func(ctx context.Context, tx pgx.Tx) error {
			r, err = people.Read(ctx, tx, desk.Keys, *person, day, known, *who)
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(r)
		}
		e.printPerson(r)
		return nil
	}
}

func (e *env) printPerson(r people.Record) {
	line := func(label string, format string, args ...any) {
		fmt.Fprintf(e.stdout, "%-32s %s\n", label, fmt.Sprintf(format, args...))
	}
	line("Hồ sơ / record", "%d, %s", r.Person, r.Day.Vietnamese())
	line("Họ tên / name", "%s", r.Name)
	line("Số định danh / id", "%s", r.ID)
	line("Ngày sinh / birth", "%s %s", r.Birth, r.Sex)
	line("Nơi cư trú / residence", "%s %s", r.Unit, r.UnitName)
	if r.Serving != "" {
		line("Nơi nhận tiền / served at", "%s", r.Serving)
	}
	if !r.Died.IsZero() {
		line("Mất / died", "%s", r.Died.Vietnamese())
	}
	if r.Into != 0 {
		line("Đã gộp vào / merged into", "%d", r.Into)
	}
	for _, other := range r.Others {
		line("Gộp từ / holds", "%d", other)
	}
	for _, c := range r.Categories {
		line("Nhóm đối tượng / category", "%s %s (%s)", c.Code, c.Shown, c.State)
	}
	for _, w := range r.Ways {
		line("Phương thức / way", "%d. %s %s%s %s %s", w.Rank, w.Method, w.BankBIN, w.Provider, w.Account, w.Holder)
	}
	if y := r.Payee; y != nil {
		line("Người nhận thay / payee", "%s %s, %s %s, %s %s", y.Kind, y.Name, y.PaperNo, y.PaperDate.Vietnamese(), y.Method, y.Account)
	}
	for _, m := range r.Household {
		line("Hộ / household", "%d: %d head %t", m.Household, m.Person, m.Head)
	}
	line("Việc chờ / waiting", "%d", r.Waiting)
}

func setupPersonHistory(f *flag.FlagSet) run {
	who := readerFlags(f)
	person := f.Int64("person", 0, "number of the record")
	asJSON := f.Bool("json", false, "acts and facts as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *person <= 0 {
			return usagef("--person is needed")
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		var acts []people.Act
		var facts []people.Fact
		err = readNoted(ctx, desk, *who, *person, func(ctx context.Context, tx pgx.Tx) error {
			if acts, err = people.Acts(ctx, tx, *person, *who); err != nil {
				return err
			}
			facts, err = people.Facts(ctx, tx, *person)
			return err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"acts": acts, "facts": facts})
		}
		e.printActs(acts)
		return nil
	}
}

func (e *env) printActs(acts []people.Act) {
	for _, a := range acts {
		vi, en := a.Kind.Words()
		outcome := a.Outcome
		if outcome == "" {
			outcome = "chờ / waiting"
		}
		fmt.Fprintf(e.stdout, "%d %s %s / %s: hồ sơ / record %d, từ / from %s, giấy tờ / paper %s %s, %s; %s %s %s\n  %s\n", a.ID, a.At.In(calendar.Zone).Format("2006-01-02 15:04"),
			vi, en, a.Person, a.From, a.PaperNo, a.PaperDate, a.Why, a.By, a.ByTwo, outcome, a.Content)
		if a.Answer != "" {
			fmt.Fprintln(e.stdout, "  "+a.Answer)
		}
	}
}

func setupPersonWaiting(f *flag.FlagSet) run {
	unit := f.String("unit", "", "code of a commune; without it all")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		acts, err := people.Waiting(ctx, db, *unit, 1000)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(acts)
		}
		if len(acts) == 0 {
			fmt.Fprintln(e.stdout, "không có việc nào chờ / nothing waits")
		}
		e.printActs(acts)
		return nil
	}
}

// decideFlags are those of a second person's decision.
func decideFlags(f *flag.FlagSet) (act *int64, who, key *string) {
	return f.Int64("act", 0, "number of the change"), f.String("signer", "", "the person whose seal it is"),
		f.String("key", "", "file with the person's key; in a demo it follows from the seed")
}

func setupPersonConfirm(f *flag.FlagSet) run {
	act, who, key := decideFlags(f)
	return func(ctx context.Context, e *env, _ []string) error {
		desk, a, signer, err := e.decision(ctx, *act, *who, *key)
		if err != nil {
			return err
		}
		a, err = desk.Confirm(ctx, a.ID, people.SealWith(signer, a))
		if err := e.did(err, "việc %d đã xác nhận / act confirmed. %s", *act, a.Answer); err != nil {
			return err
		}
		return e.letGo(ctx)
	}
}

func setupPersonRefuse(f *flag.FlagSet) run {
	act, who, key := decideFlags(f)
	why := f.String("why", "", "reason")
	return func(ctx context.Context, e *env, _ []string) error {
		desk, a, signer, err := e.decision(ctx, *act, *who, *key)
		if err != nil {
			return err
		}
		_, err = desk.Refuse(ctx, a.ID, *why, people.SealRefusal(signer, a, *why))
		return e.did(err, "việc %d đã từ chối / act refused", *act)
	}
}

func (e *env) decision(ctx context.Context, act int64, who, key string) (*people.Desk, people.Act, *crypt.Signer, error) {
	if act <= 0 {
		return nil, people.Act{}, nil, usagef("--act is needed")
	}
	signer, err := e.signer(ctx, who, key)
	if err != nil {
		return nil, people.Act{}, nil, err
	}
	desk, err := e.desk(ctx)
	if err != nil {
		return nil, people.Act{}, nil, err
	}
	a, err := people.ReadAct(ctx, desk.DB, act)
	return desk, a, signer, err
}

func setupPersonUnits(f *flag.FlagSet) run {
	by := f.String("by", "", "who moves them")
	questions := f.Bool("questions", false, "only list the people whose commune was divided")
	after := f.Int64("after", 0, "list people after this number")
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		if *by == "" && !*questions {
			return usagef("--by or --questions is needed")
		}
		desk, err := e.desk(ctx)
		if err != nil {
			return err
		}
		if !*questions {
			if err := pgdb.InTx(ctx, desk.DB, people.LoadUnitChanges); err != nil {
				return err
			}
			moved, err := desk.MoveUnits(ctx, *by)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stderr, "đã chuyển %d người / people moved by the table\n", moved)
		}
		list, err := people.UnitQuestions(ctx, desk.DB, *after, 1000)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(list)
		}
		for _, q := range list {
			fmt.Fprintf(e.stdout, "%d %s, %s, %s: %s → %v\n", q.Person, q.Name, q.Group, q.Address, q.OldName, q.Candidates)
		}
		fmt.Fprintf(e.stdout, "%d người chờ chọn xã, phường / people wait for an answer: ansinh person propose unit\n", len(list))
		return nil
	}
}

func setupPersonChecks(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "as JSON")
	return func(ctx context.Context, e *env, _ []string) error {
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		shared, err := people.SharedWithoutPapers(ctx, db, calendar.DateOf(e.now()()))
		if err != nil {
			return err
		}
		double, err := payout.DoubleClaims(ctx, db)
		if err != nil {
			return err
		}
		checked, faults, err := people.CheckSeals(ctx, db, func(ctx context.Context, id string) (crypt.PublicKey, error) {
			s, err := payout.ReadSigner(ctx, db, id)
			return s.Public, err
		})
		if err != nil {
			return err
		}
		if *asJSON {
			err = e.printJSON(map[string]any{"shared_accounts": shared, "double_claims": double, "seals_checked": checked, "seal_faults": faults})
		} else {
			fmt.Fprintf(e.stdout, "đã kiểm tra %d việc hai người / acts of two people checked: %d sai / faults\n", checked, len(faults))
		}
		for _, s := range faults {
			if !*asJSON {
				fmt.Fprintf(e.stdout, "việc / act %d, %s: %s\n", s.Act, s.By, s.Why)
			}
		}
		for _, s := range shared {
			if !*asJSON {
				fmt.Fprintf(e.stdout, "tài khoản / account %x: %d người / people, %d có giấy tờ / with papers\n", s.Index, s.People, s.Papers)
			}
		}
		for _, d := range double {
			if !*asJSON {
				fmt.Fprintf(e.stdout, "gộp / merge %d: %s %s %s, đợt / batches %d và %d, %s đồng\n", d.Merged, d.Programme, d.Rule, d.Month, d.KeptBatch, d.GoneBatch, d.Amount)
			}
		}
		if err == nil && len(shared)+len(double)+len(faults) > 0 {
			return errReported
		}
		return err
	}
}
