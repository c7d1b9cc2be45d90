package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/bankadapters"
	"ansinh/internal/assembly"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/errs"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
)

func batchCommands() []command {
	return []command{
		{name: "batch plan", short: "lập đợt chi / declare a batch as its decision says, and plan it from the lists",
			example: `ansinh batch plan --programme TET26 --name 'Quà Tết 2026' --count 19800 --total 9784600000 --decision 12/QĐ-UBND --decided 2026-01-20 --by can-bo-lap
				ansinh batch plan --programme BTXH26 --month 2026-02 --name 'Trợ cấp tháng 02/2026' --count 900 --total 900000000 --decision 20/QĐ-UBND --decided 2026-02-02 --by can-bo-lap`,
			setup: setupBatchPlan},
		{name: "batch show", short: "xem đợt chi / where a batch stands", example: "ansinh batch show --batch 13001 --json", setup: setupBatchShow},
		{name: "batch submit", short: "trình duyệt / lay sections before their approvers", example: "ansinh batch submit --batch 13001 --by can-bo-lap", setup: setupBatchSubmit},
		{name: "batch approve", short: "phê duyệt / seal the sections a signer may approve",
			example: "ansinh batch approve --batch 13001 --section 1 --signer chu-tich-00004 --key chu-tich.key", setup: setupBatchApprove},
		{name: "batch fund", short: "rút dự toán / draw what the channels still need", example: "ansinh batch fund --batch 13001 --by ke-toan-truong", setup: setupBatchFund},
		{name: "batch schedule", short: "đặt lịch chi / set when it is released",
			example: "ansinh batch schedule --batch 13001 --at 2026-02-05T08:00:00+07:00 --by ke-toan-truong", setup: setupBatchSchedule},
		{name: "batch release", short: "cho chi ngay / let the approved payments go", example: "ansinh batch release --batch 13001 --by ke-toan-truong", setup: setupBatchRelease},
		{name: "batch pause", short: "tạm dừng / no further orders", example: "ansinh batch pause --batch 13001 --why 'chờ đính chính' --by ke-toan-truong", setup: setupBatchPause(true)},
		{name: "batch resume", short: "tiếp tục / orders go on", example: "ansinh batch resume --batch 13001 --why 'đã đính chính' --by ke-toan-truong", setup: setupBatchPause(false)},
		{name: "batch cancel", short: "hủy khoản chưa gửi / end the debt of payments that were not sent, by two people",
			example: "ansinh batch cancel --batch 13001 --payments 17,18 --why 'đã chết' --by ke-toan-truong --second kiem-soat-vien", setup: setupBatchCancel},
		{name: "batch retry", short: "gửi lại / try payments that failed again, by two people",
			example: "ansinh batch retry --batch 13001 --payments 17,18 --why 'đã xác nhận tài khoản' --by ke-toan-truong --second kiem-soat-vien", setup: setupBatchRetry},
		{name: "batch withdraw", short: "rút phần không ai duyệt / take back a section that nobody approves, by two people; a later batch plans its people anew",
			example: "ansinh batch withdraw --batch 13001 --section 4 --why 'xã xin lập lại' --by ke-toan-truong --second kiem-soat-vien", setup: setupBatchWithdraw},
		{name: "batch unbar", short: "bỏ chặn / let payments go again that a wrong proof barred, by two people with the bank's paper",
			example: "ansinh batch unbar --batch 13001 --payments 17 --paper '12/CV-NHA 03/02/2026' --why 'ngân hàng xác nhận không thực hiện' --by ke-toan-truong --second kiem-soat-vien", setup: setupBatchUnbar},
	}
}

// batchFlags are those of nearly every command about a batch.
type batchFlags struct {
	batch  int
	by     string
	second string
	why    string
	list   string
}

func (b *batchFlags) declare(f *flag.FlagSet, names ...string) {
	f.IntVar(&b.batch, "batch", 0, "number of the batch")
	for _, n := range names {
		switch n {
		case "by":
			f.StringVar(&b.by, "by", "", "who does it")
		case "second":
			f.StringVar(&b.second, "second", "", "the second person")
		case "why":
			f.StringVar(&b.why, "why", "", "reason")
		case "payments":
			f.StringVar(&b.list, "payments", "", "numbers, separated by commas")
		}
	}
}

// id is the batch, which must be given, as must whoever acts where one acts.
func (b *batchFlags) id(f *flag.FlagSet) (ledger.BatchID, error) {
	if b.batch <= 0 {
		return 0, usagef("--batch is needed")
	}
	if f.Lookup("by") != nil && b.by == "" {
		return 0, usagef("--by is needed")
	}
	return ledger.BatchID(b.batch), nil
}

// inOffice requires that both who decide are people of the office; that they are
// two is for the decision itself to check.
func (b *batchFlags) inOffice(ctx context.Context, db pgdb.DB, now time.Time) error {
	return payout.InOffice(ctx, db, calendar.DateOf(now), b.by, b.second)
}

func (b *batchFlags) payments() ([]int64, error) { return numbers("--payments", b.list) }

func numbers(name, text string) ([]int64, error) {
	var list []int64
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n <= 0 {
			return nil, usagef("%s: %q is no number", name, word)
		}
		list = append(list, n)
	}
	return list, nil
}

// onBatch is a command that acts on one batch with the database alone.
func onBatch(f *flag.FlagSet, b *batchFlags, do func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error) run {
	return func(ctx context.Context, e *env, _ []string) error {
		id, err := b.id(f)
		if err != nil {
			return err
		}
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		return do(ctx, e, db, id, e.now()())
	}
}

func setupBatchPlan(f *flag.FlagSet) run {
	var d payout.Declaration
	var total, decided, period, month, lists string
	batch := f.Int("batch", 0, "a batch that is declared already")
	f.StringVar(&d.Programme, "programme", "", "code of the programme")
	f.StringVar(&d.NameVI, "name", "", "name of the batch")
	f.Int64Var(&d.Count, "count", 0, "payments the decision allows")
	f.StringVar(&total, "total", "", "đồng the decision allows")
	f.StringVar(&d.DecisionNo, "decision", "", "number of the decision")
	f.StringVar(&decided, "decided", "", "its date, YYYY-MM-DD")
	f.StringVar(&month, "month", "", "month the benefit is for, YYYY-MM; needed where the programme pays every month")
	f.StringVar(&period, "period", "", "the same as --month, by any day of it")
	f.StringVar(&d.MadeBy, "by", "", "who makes it")
	f.StringVar(&lists, "lists", "", "numbers of lists; all that no batch was planned from when empty")
	return func(ctx context.Context, e *env, _ []string) error {
		chosen, err := numbers("--lists", lists)
		if err != nil {
			return err
		}
		if d.MadeBy == "" {
			return usagef("--by is needed")
		}
		now := e.now()()
		id := ledger.BatchID(*batch)
		db, err := e.pool(ctx)
		if err != nil {
			return err
		}
		if id == 0 {
			if err := readDeclaration(&d, total, decided, period, month); err != nil {
				return err
			}
			err := pgdb.InTx(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
				id, err = payout.Declare(ctx, tx, d, now)
				return err
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(e.stdout, "đợt chi %d / batch %d\n", id, id)
		}
		result, err := payout.Plan(ctx, db, id, payout.PlanOptions{Lists: chosen, Who: d.MadeBy}, now)
		if err != nil {
			return err
		}
		if err := payout.Allot(ctx, db, id, d.MadeBy, now); err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%d danh sách, %d phần, %d khoản, %s đồng / lists, sections, payments\n", result.Lists, result.Sections, result.Payments, result.Total)
		if err := e.printMissing(ctx, db, id); err != nil {
			return err
		}
		declared, err := payout.ReadBatch(ctx, db, id)
		if err != nil {
			return err
		}
		return e.printUnlisted(ctx, db, declared)
	}
}

func readDeclaration(d *payout.Declaration, total, decided, period, month string) error {
	if period != "" && month != "" {
		return usagef("--month and --period exclude each other")
	}
	var err error
	if d.Period, err = parseMonth(month); err != nil {
		return err
	}
	if d.Total, err = money.Parse(total); err != nil {
		return usagef("--total: %v", err)
	}
	if d.DecisionDate, err = calendar.ParseISO(decided); err != nil {
		return usagef("--decided: %v", err)
	}
	if period != "" {
		if d.Period, err = calendar.ParseISO(period); err != nil {
			return usagef("--period: %v", err)
		}
	}
	return nil
}

func setupBatchSubmit(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by")
	list := f.String("sections", "", "numbers, separated by commas; all that are planned when empty")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		chosen, err := numbers("--sections", *list)
		if err != nil {
			return err
		}
		var sections []int16
		for _, n := range chosen {
			sections = append(sections, int16(n))
		}
		n, err := payout.Submit(ctx, db, id, sections, b.by, now)
		if err == nil {
			fmt.Fprintf(e.stdout, "đã trình %d phần / %d sections submitted\n", n, n)
		}
		return err
	})
}

func setupBatchApprove(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f)
	section := f.Int("section", 0, "number of the section; all that are submitted when 0")
	who := f.String("signer", "", "the person whose seal it is")
	key := f.String("key", "", "file with the person's private seed, 64 hex digits; without it the password of the person's account is asked for. A demo's own people need neither")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		signer, err := e.signer(ctx, *who, *key)
		if err != nil {
			return err
		}
		sections, err := payout.Sections(ctx, db, id)
		if err != nil {
			return err
		}
		sealed := 0
		var others []error // sections that are somebody else's to seal
		for _, s := range sections {
			if *section != 0 && int(s.No) != *section || *section == 0 && s.State != "submitted" {
				continue
			}
			sheet, err := payout.ReadApprovalSheet(ctx, db, id, s.No)
			if err != nil {
				return err
			}
			seal, err := payout.SealWith(signer)(sheet)
			if err != nil {
				return err
			}
			done, err := payout.Approve(ctx, db, id, s.No, seal, now)
			if code := errs.Code(err); *section == 0 && (code == "PAYOUT-UNIT" || code == "PAYOUT-ROLE") {
				others = append(others, err)
				continue
			}
			if err != nil {
				return err
			}
			next := "đã duyệt đủ / approved"
			if len(done.Missing) > 0 {
				next = "còn chờ / waits for " + strings.Join(done.Missing, ", ")
			}
			fmt.Fprintf(e.stdout, "%s %s: %s; %s\n", s.UnitNameVI, s.Code, sheet.Line, next)
			sealed++
		}
		switch {
		case sealed == 0 && len(others) > 0:
			return others[0]
		case len(others) > 0:
			fmt.Fprintf(e.stdout, "%d phần chờ người khác duyệt / sections wait for others\n", len(others))
		case sealed == 0:
			fmt.Fprintln(e.stdout, "không có phần nào chờ duyệt / no section waits for a seal")
		}
		return nil
	})
}

// signer is a person's own key: from a file, in a demo from its seed, else from
// the person's account, which only their password opens.
func (e *env) signer(ctx context.Context, who, path string) (*crypt.Signer, error) {
	if who == "" {
		return nil, usagef("--signer is needed")
	}
	if path != "" {
		seed, err := crypt.LoadRequestKey(path)
		if err != nil {
			return nil, err
		}
		return crypt.NewSigner(who, seed)
	}
	state, err := readState(e.path("demo.json"))
	if err != nil {
		return nil, err
	}
	if state == nil {
		return e.signerByPassword(ctx, who)
	}
	demo, err := assembly.NewDemo(state.Seed)
	if err != nil {
		return nil, err
	}
	return demo.Signer(who)
}

func (e *env) signerByPassword(ctx context.Context, who string) (*crypt.Signer, error) {
	people, err := e.people(ctx)
	if err != nil {
		return nil, err
	}
	password, err := e.askPassword(bufio.NewReader(os.Stdin), "mật khẩu của / password of "+who, false)
	if err != nil {
		return nil, err
	}
	return people.Signer(ctx, who, password, "command line")
}

func setupBatchFund(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		draws, err := payout.DrawNeeds(ctx, db, id, b.by, now)
		for _, d := range draws {
			fmt.Fprintf(e.stdout, "%s: %s đồng, %s\n", d.Channel, d.Amount, d.Reference)
		}
		if err == nil && len(draws) == 0 {
			fmt.Fprintln(e.stdout, "không cần rút thêm / nothing more to draw")
		}
		return err
	})
}

func setupBatchSchedule(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by")
	at := f.String("at", "", "date and time, RFC 3339")
	cron := f.String("cron", "", "cron line, in Vietnamese time")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		order := payout.ScheduleOrder{Batch: id, Cron: *cron, By: b.by}
		if *at != "" {
			var err error
			if order.At, err = time.Parse(time.RFC3339, *at); err != nil {
				return usagef("--at: %v", err)
			}
		}
		due, warning, err := payout.Schedule(ctx, db, order, now)
		if err == nil {
			fmt.Fprintln(e.stdout, due.In(calendar.Zone).Format(time.RFC3339), warning)
		}
		return err
	})
}

func setupBatchRelease(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		return e.did(payout.Release(ctx, db, id, b.by, now), "đợt %d: đã cho chi / released", id)
	})
}

func setupBatchPause(paused bool) func(*flag.FlagSet) run {
	return func(f *flag.FlagSet) run {
		var b batchFlags
		b.declare(f, "by", "why")
		return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
			if paused {
				return e.did(payout.PauseBatch(ctx, db, id, b.why, b.by, now), "đợt %d: tạm dừng / paused", id)
			}
			return e.did(payout.ResumeBatch(ctx, db, id, b.why, b.by, now), "đợt %d: tiếp tục / resumed", id)
		})
	}
}

func setupBatchCancel(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by", "second", "why", "payments")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		list, err := b.payments()
		if err != nil {
			return err
		}
		if err := b.inOffice(ctx, db, now); err != nil {
			return err
		}
		c := payout.Cancellation{Batch: id, Payments: list, Reason: b.why, ByOne: b.by, ByTwo: b.second}
		return e.did(payout.CancelUnsent(ctx, db, c, now), "đợt %d: thôi chi %d khoản / debt of %d payments ended", id, len(list), len(list))
	})
}

func setupBatchWithdraw(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by", "second", "why")
	section := f.Int("section", 0, "number of the section")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		if *section <= 0 || *section > math.MaxInt16 {
			return usagef("--section is needed")
		}
		if err := b.inOffice(ctx, db, now); err != nil {
			return err
		}
		w := payout.SectionWithdrawal{Batch: id, Section: int16(*section), Reason: b.why, ByOne: b.by, ByTwo: b.second}
		return e.did(payout.WithdrawSection(ctx, db, w, now), "đợt %d: đã rút phần %d / section %d is withdrawn", id, *section, *section)
	})
}

func setupBatchUnbar(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by", "second", "why", "payments")
	paper := f.String("paper", "", "number and date of the bank's paper")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		list, err := b.payments()
		if err != nil {
			return err
		}
		if err := b.inOffice(ctx, db, now); err != nil {
			return err
		}
		l := payout.BarLift{Batch: id, Payments: list, Paper: *paper, Reason: b.why, ByOne: b.by, ByTwo: b.second}
		return e.did(payout.LiftBar(ctx, db, l, now), "đợt %d: bỏ chặn %d khoản / %d payments are no longer barred", id, len(list), len(list))
	})
}

func setupBatchRetry(f *flag.FlagSet) run {
	var b batchFlags
	b.declare(f, "by", "second", "why", "payments")
	channel := f.String("channel", "", "another channel than the last one")
	return onBatch(f, &b, func(ctx context.Context, e *env, db pgdb.DB, id ledger.BatchID, now time.Time) error {
		list, err := b.payments()
		if err != nil {
			return err
		}
		if err := b.inOffice(ctx, db, now); err != nil {
			return err
		}
		d := payout.RetryDecision{Batch: id, Payments: list, Channel: bankadapters.Key(*channel), Reason: b.why, ByOne: b.by, ByTwo: b.second}
		return e.did(payout.DecideRetry(ctx, db, d, now), "đợt %d: chi lại %d khoản / %d payments are tried again", id, len(list), len(list))
	})
}

// did says what was done once it is; an error is passed on.
func (e *env) did(err error, format string, args ...any) error {
	if err == nil {
		fmt.Fprintf(e.stdout, format+"\n", args...)
	}
	return err
}
