package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
	"ansinh/ledger"
	"ansinh/web/records"
)

func (s *site) bookRoutes() []route {
	return []route{
		{pattern: "GET /books", who: desk, serve: booksPage},
		{pattern: "GET /books/accounts/{account}", who: desk, serve: ledgerAccountPage},
		{pattern: "GET /books/vouchers/{voucher}", who: desk, serve: voucherPage},
		{pattern: "GET /books/voucher", who: desk, serve: voucherByNumber},
		{pattern: "GET /books/journal", who: desk, serve: journalFile},
	}
}

// trialBalance is the balances of all accounts as of a day, as known at a time.
type trialBalance struct {
	Books   []option
	Rows    []balanceRow
	Off     []balanceRow // 008, single entry, printed apart
	List    listing
	Debit   money.Amount // turnover
	Credit  money.Amount
	Owing   money.Amount // debit balances
	Owed    money.Amount // credit balances
	Query   string       // the same view for the links below it
	Date    string
	Known   string
	Head    string
	Balance bool
}

// balanceRow is one account with its balance on one side.
type balanceRow struct {
	ledger.Balance
	Owing, Owed money.Amount
}

// asOf reads the two times of every view of the books: accounting dates up to D,
// and what was known at the end of day T.
func (a asked) asOf() (date, known calendar.Date, asOf ledger.AsOf) {
	date, known = a.date("date"), a.date("known")
	asOf.Date = date
	if !known.IsZero() {
		asOf.Known = known.AddDays(1).Start().Add(-time.Microsecond)
	}
	return date, known, asOf
}

func (a asked) asOfWords(date, known calendar.Date) (filters []string) {
	w, f := a.v.words(), a.v.format()
	if !date.IsZero() {
		filters = append(filters, w.say("books.asof", f.date(date)))
	}
	if !known.IsZero() {
		filters = append(filters, w.say("books.known", f.date(known)))
	}
	return filters
}

func booksPage(v *visit) error {
	a, w := v.asked(), v.words()
	date, known, asOf := a.asOf()
	books, err := ledger.Books(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	t := trialBalance{Date: a.text("date"), Known: a.text("known")}
	var chosen ledger.BookID
	var pairs, filters []string
	for _, b := range books {
		pairs = append(pairs, b.Code, b.Code+" "+b.NameVI)
		if b.Code == a.text("book") {
			chosen = b.ID
			filters = append(filters, w.say("filter.book", b.Code))
		}
	}
	t.Books = options(w.say("books.all"), a.text("book"), pairs...)
	list, err := ledger.TrialBalance(v.context(), v.site.DB, chosen, asOf)
	if err != nil {
		return err
	}
	head, err := ledger.ReadHead(v.context(), v.site.DB)
	if err != nil {
		return err
	}
	t.Head = head.String()
	t.add(list)
	if q := v.r.URL.Query(); t.Date != "" || t.Known != "" {
		q.Del("book")
		q.Del("lang")
		q.Del("as")
		q.Set("to", t.Date)
		q.Del("date")
		t.Query = "?" + q.Encode()
	}
	t.List = a.list("books.count", int64(len(list)), 0, append(filters, a.asOfWords(date, known)...), false)
	if a.wantsFile() {
		return t.file(a)
	}
	return v.show("books", t)
}

// add sums the accounts. The totals of both sides are equal, or the books are
// wrong, and the page says which.
func (t *trialBalance) add(list []ledger.Balance) {
	for _, b := range list {
		row := balanceRow{Balance: b}
		if net := b.Net(); net >= 0 {
			row.Owing = net
		} else {
			row.Owed = -net
		}
		if b.OffBook {
			t.Off = append(t.Off, row)
			continue
		}
		t.Rows = append(t.Rows, row)
		t.Debit, t.Credit = t.Debit+b.Debit, t.Credit+b.Credit
		t.Owing, t.Owed = t.Owing+row.Owing, t.Owed+row.Owed
	}
	t.Balance = t.Debit == t.Credit && t.Owing == t.Owed
}

func (t *trialBalance) file(a asked) error {
	w := a.v.words()
	head := []string{w.say("book"), w.say("acc.code"), w.say("acc.name"), w.say("acc.place"), w.say("programme"), w.say("acc.debit"), w.say("acc.credit"),
		w.say("acc.owing"), w.say("acc.owed")}
	return a.file("bang-can-doi", t.List, head, func(emit func(...any)) error {
		for _, r := range append(t.Rows, t.Off...) {
			emit(r.Book, r.Code, r.NameVI, string(r.Place), r.Programme, r.Debit, r.Credit, r.Owing, r.Owed)
		}
		return nil
	})
}

// account is one account with its movements.
type account struct {
	records.Account
	Rows     []records.Movement
	List     listing
	From, To string
	Known    string
	Before   money.Amount // balance before the first row shown
}

// Heading is code and name.
func (a account) Heading(say func(string, ...any) string) string {
	return say("acc.title", a.Code, a.NameVI)
}

func ledgerAccountPage(v *visit) error {
	id, err := v.pathNumber("account")
	if err != nil {
		return err
	}
	a, w, f := v.asked(), v.words(), v.format()
	from, to, known := a.date("from"), a.date("to"), a.date("known")
	r := records.Range{From: from, To: to}
	var filters []string
	if !from.IsZero() {
		filters = append(filters, w.say("books.from", f.date(from)))
	}
	filters = append(filters, a.asOfWords(to, known)...)
	if !known.IsZero() {
		r.Known = known.AddDays(1).Start().Add(-time.Microsecond)
	}
	p := account{From: a.text("from"), To: a.text("to"), Known: a.text("known")}
	if p.Account, err = records.ReadAccount(v.context(), v.site.DB, ledger.AccountID(id), r); err != nil {
		return err
	}
	var more bool
	after := ledger.VoucherID(a.number("after"))
	want := 0
	if a.wantsFile() {
		after, want = 0, records.CountMax
	}
	if p.Rows, more, err = records.Movements(v.context(), v.site.DB, p.ID, r, p.Opening, after, want); err != nil {
		return err
	}
	next := []string{"after", ""}
	if n := len(p.Rows); n > 0 {
		next[1] = strconv.FormatInt(int64(p.Rows[n-1].Voucher), 10)
		p.Before = p.Rows[0].Balance - p.Rows[0].Debit + p.Rows[0].Credit
	}
	p.List = a.list("acc.count", p.Vouchers, len(p.Rows), filters, more, next...)
	if a.wantsFile() {
		return p.file(a)
	}
	return v.show("ledgeraccount", p)
}

func (p account) file(a asked) error {
	w, f := a.v.words(), a.v.format()
	head := []string{w.say("voucher"), w.say("voucher.printed"), w.say("voucher.date"), w.say("voucher.posted"), w.say("voucher.text"), w.say("acc.debit"),
		w.say("acc.credit"), w.say("acc.balance")}
	return a.file("so-chi-tiet-"+p.Code, p.List, head, func(emit func(...any)) error {
		emit("", "", "", "", w.say("acc.opening"), "", "", p.Opening)
		for _, m := range p.Rows {
			emit(int64(m.Voucher), sealedWord(w, f, m.ChainNo), m.Date.String(), m.Posted, m.Text, m.Debit, m.Credit, m.Balance)
		}
		return nil
	})
}

// voucher is one posting with a page of its lines.
type voucher struct {
	records.Voucher
	Rows []records.VoucherLine
	List listing
	Sums [2]money.Amount // debit and credit of the totals, on the books
}

// Heading is its printed number, or that it has none yet.
func (p voucher) Heading(say func(string, ...any) string) string {
	if p.ChainNo == 0 {
		return say("voucher.title.unsealed")
	}
	return say("voucher.title", strconv.FormatInt(p.ChainNo, 10))
}

func voucherPage(v *visit) error {
	id, err := v.pathNumber("voucher")
	if err != nil {
		return err
	}
	a := v.asked()
	var p voucher
	if p.Voucher, err = records.ReadVoucher(v.context(), v.site.DB, ledger.VoucherID(id)); err != nil {
		return err
	}
	for _, t := range p.Totals {
		if !t.OffBook {
			p.Sums[0], p.Sums[1] = p.Sums[0]+t.Debit, p.Sums[1]+t.Credit
		}
	}
	want := 0
	after := records.LineKey{Payment: a.number("payment"), Seq: int16(a.number("seq"))}
	if a.wantsFile() {
		want, after = records.CountMax, records.LineKey{}
	}
	var more bool
	if p.Rows, more, err = records.VoucherLines(v.context(), v.site.DB, p.Voucher, after, want); err != nil {
		return err
	}
	next := []string{"payment", "", "seq", ""}
	if n := len(p.Rows); n > 0 {
		next[1], next[3] = strconv.FormatInt(p.Rows[n-1].Payment, 10), strconv.Itoa(int(p.Rows[n-1].Seq))
	}
	p.List = a.list("voucher.count", p.Lines, len(p.Rows), nil, more, next...)
	if a.wantsFile() {
		return p.file(a)
	}
	return v.show("voucher", p)
}

func (p voucher) file(a asked) error {
	w := a.v.words()
	head := []string{w.say("payment"), w.say("line.no"), w.say("line.leg"), w.say("line.debit"), w.say("line.credit"), w.say("list.amount.dong"), w.say("line.red"),
		w.say("submission"), w.say("file"), w.say("file.position")}
	return a.file(fmt.Sprintf("chung-tu-%d", p.ID), p.List, head, func(emit func(...any)) error {
		for _, l := range p.Rows {
			payment := ""
			if l.Batch != 0 {
				payment = fmt.Sprintf("%d/%d", l.Batch, l.Payment)
			}
			emit(payment, l.Seq, legWord(w, l.Leg), l.Debit, l.Credit, l.Amount, l.Red, l.Submission, l.File, l.Position)
		}
		return nil
	})
}

// voucherByNumber leads from a printed number to its voucher.
func voucherByNumber(v *visit) error {
	no, err := strconv.ParseInt(strings.ReplaceAll(v.asked().text("no"), ".", ""), 10, 64)
	if err != nil {
		no = 0
	}
	id, err := records.VoucherByNumber(v.context(), v.site.DB, no)
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, fmt.Sprintf("/books/vouchers/%d", id), http.StatusSeeOther)
	return nil
}

// journalFile streams the books for hledger, as of the two times of the view.
func journalFile(v *visit) error {
	a := v.asked()
	_, _, asOf := a.asOf()
	if len(v.errors) > 0 {
		return v.badDate()
	}
	options := ledger.ExportOptions{AsOf: asOf}
	if code := a.text("book"); code != "" {
		book, err := ledger.BookByCode(v.context(), v.site.DB, code)
		if err != nil {
			return err
		}
		options.Book = book.ID
	}
	if err := v.noteExport("ledger.export", "hledger"); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="so-cai.journal"`)
	if v.site.Notice != "" {
		if _, err := fmt.Fprintf(v.w, "; %s\n", v.site.Notice); err != nil {
			return nil // the reader left
		}
	}
	if err := ledger.ExportHledger(v.context(), v.site.DB, v.w, options); err != nil {
		v.site.Log.ErrorContext(v.context(), "the journal was broken off", "err", err)
		panic(http.ErrAbortHandler) // half a journal must not look like a whole one
	}
	return nil
}
