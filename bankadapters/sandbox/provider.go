package sandbox

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// lastDayOfList is how many days after taking a list a provider stops paying.
const lastDayOfList = 10

// list is a provider's pay list.
type list struct {
	no          int
	id, digest  string
	head, date  string
	taken       string // day
	receipt     string
	count       int
	total       int64
	rows        []*listRow
	byReference map[string]*listRow
	sequence    int // of the last result
	news        bool
}

type listRow struct {
	reference, name, person, unit, point string
	amount                               int64
	state                                string // OPEN, PAID, UNPAID
	date, kind, code                     string
}

var unpaidReasons = map[string]string{
	"NOT_COME":    "Không đến nhận trong thời hạn",
	"NOT_FOUND":   "Không có trong danh sách quản lý",
	"DECEASED":    "Đã mất",
	"REFUSED":     "Từ chối nhận",
	"OTHER_PLACE": "Đã chuyển nơi khác",
}

func receiptNumber(bank string, n int) string { return fmt.Sprintf("%s-R%06d", bank, n) }

type listLine struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// listRefusal refuses a whole list.
type listRefusal struct {
	Code  string     `json:"error"`
	ID    string     `json:"list_id"`
	Lines []listLine `json:"lines"`
}

func (r *listRefusal) Error() string { return r.Code }

// readList reads a list by docs/BANKS.md §8.
func readList(body []byte, provider string) (*list, error) {
	l := &list{digest: hexDigest(body), byReference: map[string]*listRow{}}
	bad := func(code string, line int, text string) error {
		return &listRefusal{Code: code, ID: l.id, Lines: []listLine{{line, text}}}
	}
	in := csv.NewReader(bytes.NewReader(body))
	in.FieldsPerRecord = -1
	var sum int64
	for line := 1; ; line++ {
		before := in.InputOffset()
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return l, bad("FF01", line, "no trailer line T")
		}
		if err != nil {
			return l, bad("FF01", line, err.Error())
		}
		switch {
		case line == 1:
			if err := l.header(rec, provider); err != nil {
				return l, bad("FF01", 1, err.Error())
			}
		case rec[0] == "D":
			r, code, text := l.line(rec)
			if code != "" {
				return l, bad(code, line, text)
			}
			l.rows, l.byReference[r.reference] = append(l.rows, r), r
			sum += r.amount
		case rec[0] == "T":
			return l, l.trailer(rec, body, before, in.InputOffset(), line, sum)
		default:
			return l, bad("FF01", line, "unknown record "+cut(rec[0], 10))
		}
	}
}

func (l *list) header(rec []string, provider string) error {
	if len(rec) != 7 || rec[0] != "H" || rec[1] != "1" {
		return errors.New("first line is not a header H,1 with 7 fields")
	}
	count, err := strconv.Atoi(rec[5])
	total, ok := wholeDong(rec[6])
	if rec[2] != "" && len(rec[2]) <= 35 {
		l.id = rec[2]
	}
	if l.id == "" || rec[3] != provider || !isDate(rec[4]) || err != nil || !ok {
		return errors.New("header: list id, provider, date, count or total")
	}
	l.date, l.count, l.total = rec[4], count, total
	return nil
}

func (l *list) line(rec []string) (r *listRow, code, text string) {
	if len(rec) != 7 {
		return nil, "FF01", "a line D has 7 fields"
	}
	amount, ok := wholeDong(rec[6])
	if !ok || amount == 0 {
		return nil, "FF01", "amount is not whole đồng above 0"
	}
	if rec[1] == "" || len(rec[1]) > 35 || rec[2] == "" {
		return nil, "FF01", "reference or name is missing or too long"
	}
	if l.byReference[rec[1]] != nil {
		return nil, "DU04", "reference " + rec[1] + " twice"
	}
	return &listRow{reference: rec[1], name: rec[2], person: rec[3], unit: rec[4], point: rec[5], amount: amount, state: "OPEN"}, "", ""
}

func (l *list) trailer(rec []string, body []byte, from, to int64, line int, sum int64) error {
	bad := &listRefusal{ID: l.id, Lines: []listLine{{Line: line}}}
	total := dong(sum)
	switch {
	case len(rec) != 4 || len(bytes.TrimSpace(body[to:])) > 0:
		bad.Code, bad.Lines[0].Text = "FF01", "trailer has not 4 fields or is not the last line"
	case rec[3] != hexDigest(body[:from]):
		bad.Code, bad.Lines[0].Text = "FF01", "hash of the lines above is another"
	case rec[1] != strconv.Itoa(len(l.rows)) || l.count != len(l.rows) || len(l.rows) == 0:
		bad.Code, bad.Lines[0].Text = "AM18", "counts do not agree"
	case rec[2] != total || l.total != sum:
		bad.Code, bad.Lines[0].Text = "AM10", "totals do not agree: lines "+total
	default:
		return nil
	}
	return bad
}

// postList is POST /v1/lists.
func (b *bank) postList(r *request) reply {
	l, err := readList(r.body, b.id)
	return b.locked(func(job *work) reply {
		var bad *listRefusal
		if errors.As(err, &bad) {
			return jsonReply(http.StatusBadRequest, bad)
		}
		how, rep := b.arrive(job, l.id)
		if how == meetUnavailable || how == meetDropBefore {
			return rep
		}
		if old := b.listByID[l.id]; old != nil {
			if old.digest != l.digest {
				rep.answer(jsonReply(http.StatusConflict, map[string]string{"error": "other content", "list_id": l.id}))
			} else {
				rep.answer(old.accepted())
			}
			return rep
		}
		// A late list is simply there: a provider's desk has no queue.
		job.put(&event{Kind: evList, N: l.count, ID: l.id, Digest: l.digest, Head: cut(r.Header.Get(headerHead), 200), Date: l.date,
			Due: b.today(), Ref: receiptNumber(b.id, len(b.lists)+1), Amount: l.total})
		for i, x := range l.rows {
			job.put(&event{Kind: evRow, ID: l.id, N: i + 1, EndToEnd: x.reference, Name: x.name, Info: x.person, Text: x.unit,
				Account: x.point, Amount: x.amount})
		}
		rep.answer(b.listByID[l.id].accepted())
		return rep
	})
}

func (l *list) accepted() reply {
	return jsonReply(http.StatusAccepted, struct {
		ID      string `json:"list_id"`
		Receipt string `json:"receipt"`
		Count   int    `json:"count"`
		Total   string `json:"total"`
		SHA256  string `json:"sha256"`
	}{l.id, l.receipt, l.count, dong(l.total), l.digest})
}

func (b *bank) applyList(e *event) error {
	if e.Kind == evList {
		l := &list{no: len(b.lists) + 1, id: e.ID, digest: e.Digest, head: e.Head, date: e.Date, taken: e.Due, receipt: e.Ref,
			count: e.N, total: e.Amount, byReference: map[string]*listRow{}}
		b.lists, b.listByID[l.id] = append(b.lists, l), l
		return nil
	}
	l := b.listByID[e.ID]
	if l == nil {
		return fmt.Errorf("no list %q", e.ID)
	}
	if e.Kind == evRow {
		r := &listRow{reference: e.EndToEnd, name: e.Name, person: e.Info, unit: e.Text, point: e.Account, amount: e.Amount, state: "OPEN"}
		l.rows, l.byReference[r.reference] = append(l.rows, r), r
		return nil
	}
	r := l.byReference[e.EndToEnd]
	if r == nil {
		return fmt.Errorf("list %q has no line %q", e.ID, e.EndToEnd)
	}
	r.state, r.date, r.code, r.kind = b.common(e.Text), b.common(e.Date), b.common(e.Code), b.common(e.Channel)
	l.news = true
	return nil
}

// closeLists pays and reports what is due on lists by the end of a day.
func (b *bank) closeLists(job *work, date string) {
	for _, l := range b.lists {
		for i, r := range l.rows {
			if r.state == "OPEN" {
				b.decideLine(job, l, r, i, date)
			}
		}
		if l.news {
			f := file{Kind: fileProviderResult, Date: date, Of: l.id, Sequence: l.sequence + 1}
			b.makeFile(job, f, "result.csv", b.listResult(l, date, f.Sequence))
		}
	}
}

func (b *bank) decideLine(job *work, l *list, r *listRow, i int, date string) {
	code, scripted := "", false
	if f, ok := b.scripted(&order{nth: i + 1, endToEnd: r.reference, amount: r.amount, msg: &message{no: l.no, nth: 1}}); ok {
		scripted = true
		if f.Do == DoUnpaid || f.Do == DoReject {
			code = codeOr(f.Code, "NOT_COME")
		}
	} else if b.hit(b.world.faultsNow().Unpaid, "unpaid", r.reference, 0) {
		codes := []string{"NOT_COME", "NOT_COME", "NOT_COME", "NOT_FOUND", "DECEASED", "REFUSED", "OTHER_PLACE"}
		code = codes[b.draw("unpaid code", r.reference, 0)%uint64(len(codes))]
	}
	// Who is not known or dead is reported on the first day, the rest at the end.
	day, kind := int(b.draw("pay day", r.reference, 0)%lastDayOfList), "signed"
	if b.id == "P1" {
		kind = "account"
		day %= 4
	}
	if scripted {
		day = 0
	}
	if code != "" && code != "NOT_FOUND" && code != "DECEASED" {
		day = lastDayOfList
	} else if code != "" {
		day = 0
	}
	if on := addDays(l.taken, day); on <= date {
		e := &event{Kind: evDecided, ID: l.id, EndToEnd: r.reference, Amount: r.amount, Text: "UNPAID", Code: code}
		if code == "" {
			e.Text, e.Date, e.Channel = "PAID", on, kind
		}
		job.put(e)
	}
}

// listResult writes the state of a list by docs/BANKS.md §8.
func (b *bank) listResult(l *list, date string, sequence int) []byte {
	c := newCSV()
	c.row("H", "1", l.id, b.id, date, strconv.Itoa(sequence), strconv.Itoa(len(l.rows)))
	counts, sums := map[string]int{}, map[string]int64{}
	for _, r := range l.rows {
		counts[r.state]++
		sums[r.state] += r.amount
		c.row("R", r.reference, r.state, dong(r.amount), r.date, codeOr(r.code, r.kind), unpaidReasons[r.code])
	}
	state, leftover := "INTERIM", int64(0)
	if counts["OPEN"] == 0 {
		state, leftover = "FINAL", sums["UNPAID"]
	}
	return c.done("T", strconv.Itoa(counts["PAID"]), dong(sums["PAID"]), strconv.Itoa(counts["UNPAID"]), dong(sums["UNPAID"]),
		strconv.Itoa(counts["OPEN"]), dong(sums["OPEN"]), dong(leftover), state)
}

// getListResults is GET /v1/lists/{id}/results.
func (b *bank) getListResults(r *request) reply {
	id := r.PathValue("id")
	return b.locked(func(job *work) reply {
		if b.outage(id) {
			job.put(&event{Kind: evTry, ID: id, N: b.tries[id], Text: "inquiry " + meetUnavailable})
			return unavailable()
		}
		l := b.listByID[id]
		if l == nil {
			return jsonReply(http.StatusNotFound, struct {
				ID    string `json:"list_id"`
				Known bool   `json:"known"`
				AsOf  string `json:"as_of"`
			}{id, false, b.world.now().UTC().Format(time.RFC3339)})
		}
		if l.sequence > 0 {
			for i := len(b.files) - 1; i >= 0; i-- {
				if f := b.files[i]; f.Kind == fileProviderResult && f.Of == l.id {
					if content, err := b.contentOf(f); err == nil {
						return reply{status: http.StatusOK, kind: typeCSV, body: content}
					}
					return unavailable()
				}
			}
		}
		return reply{status: http.StatusOK, kind: typeCSV, body: b.listResult(l, l.taken, 0)}
	})
}
