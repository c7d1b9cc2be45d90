package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/assembly"
	"ansinh/internal/money"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
	"ansinh/registry/demolist"
	"ansinh/web/accounts"
	"ansinh/web/records"
)

const (
	// demoPassword opens every account of the demo, and with it the signing keys.
	// It is printed, as public as the seed they follow from.
	demoPassword = "du-lieu-gia-lap"

	demoSecond      = "THO26" // the batch that waits for its approvals
	demoSecondUnits = 5
)

// demoVisitor is one person of the demo who may sign in.
type demoVisitor struct {
	accounts.Account
	what string // for the list that is printed
}

// serve ends the demo with the console: a second batch waits for its approvals,
// the people have accounts, the banks and workers go on, until Ctrl-C.
func (d *demo) serve(ctx context.Context) error {
	if err := d.e.runClock(ctx); err != nil {
		return err
	}
	second, unit, err := d.secondBatch(ctx)
	if err != nil {
		return fmt.Errorf("a batch that waits for approval: %w", err)
	}
	visitors := demoVisitors(unit)
	people := &accounts.Register{DB: d.works.DB, Now: d.e.now(), Random: rand.Reader}
	if err := d.admit(ctx, people, visitors); err != nil {
		return fmt.Errorf("accounts of the demo: %w", err)
	}
	console, err := d.e.console(ctx, d.works, false)
	if err != nil {
		return err
	}
	address, err := d.listen(console)
	if err != nil {
		return err
	}
	work := workFlags{workers: d.options.workers, every: 2 * time.Second}
	if err := work.start(d.e, d.works, d.e.logger()); err != nil {
		return err
	}
	out := d.e.stdout
	if d.options.asJSON {
		out = d.e.stderr
	}
	if err := d.invite(ctx, out, people, visitors, address, second); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(out, "\nĐang dừng. / Ending.")
	return nil
}

// listen takes the address asked for, or a free port of the same machine if
// somebody else has it.
func (d *demo) listen(console http.Handler) (string, error) {
	address, err := d.e.listenHTTP(console, d.options.listen)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return address, err
	}
	host, _, splitErr := net.SplitHostPort(d.options.listen)
	if splitErr != nil {
		return "", err
	}
	d.progress.say("%s đã có chương trình khác dùng, chọn cổng trống. / %s is taken, so a free port is used.", d.options.listen, d.options.listen)
	return d.e.listenHTTP(console, net.JoinHostPort(host, "0"))
}

// demoVisitors are the people who may sign in; the approver is that of unit.
func demoVisitors(unit registry.Unit) []demoVisitor {
	return []demoVisitor{
		{accounts.Account{ID: assembly.Maker, NameVI: "Nguyễn Văn Mẫu", TitleVI: "Chuyên viên", Role: accounts.Maker, Signs: true}, "cán bộ lập / officer"},
		{accounts.Account{ID: assembly.ApproverOf(unit.Code), NameVI: "Chủ tịch mẫu " + unit.NameVI, TitleVI: "Chủ tịch UBND " + unit.NameVI,
			Role: accounts.Approver, UnitCode: unit.Code, Signs: true}, "phê duyệt của xã / commune approver"},
		{accounts.Account{ID: assembly.Department, NameVI: "Trần Thị Mẫu", TitleVI: "Phó Giám đốc Sở", Role: accounts.Department, Signs: true}, "phê duyệt của Sở / department approver"},
		{accounts.Account{ID: assembly.Accountant, NameVI: "Lê Văn Thử", TitleVI: "Kế toán trưởng", Role: accounts.Accountant, Signs: true}, "kế toán / accountant"},
		{accounts.Account{ID: assembly.Controller, NameVI: "Hoàng Văn Lập", TitleVI: "Kiểm soát viên", Role: accounts.Accountant, Signs: true}, "người thứ hai / the second person"},
		{accounts.Account{ID: "chuyen-vien-so", NameVI: "Đỗ Thị Minh Họa", TitleVI: "Chuyên viên Sở", Role: accounts.Department}, "theo dõi / department"},
		{accounts.Account{ID: "kiem-toan", NameVI: "Vũ Văn Kiểm", TitleVI: "Kiểm toán viên", Role: accounts.Auditor}, "kiểm toán / auditor"},
		{accounts.Account{ID: "van-hanh", NameVI: "Bùi Văn Máy", TitleVI: "Người vận hành", Role: accounts.Operator}, "vận hành / operator"},
	}
}

// admit adds the accounts that are not there yet. Who signs has the key that the
// demo signed with.
func (d *demo) admit(ctx context.Context, people *accounts.Register, visitors []demoVisitor) error {
	known, err := people.List(ctx)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, a := range known {
		have[a.ID] = true
	}
	for _, v := range visitors {
		if have[v.ID] {
			continue
		}
		n := accounts.New{Account: v.Account, Password: demoPassword}
		if v.Signs {
			signer, err := d.installation.Signer(v.ID)
			if err != nil {
				return err
			}
			n.Seed = signer.Seed()
		}
		if err := people.Add(ctx, n, "cai-dat"); err != nil {
			return err
		}
	}
	return nil
}

// secondBatch plans and submits the longevity gifts of a few communes, once. It
// returns the batch and the unit of its first section.
func (d *demo) secondBatch(ctx context.Context) (ledger.BatchID, registry.Unit, error) {
	known, err := payout.Batches(ctx, d.works.DB)
	if err != nil {
		return 0, registry.Unit{}, err
	}
	for _, id := range known {
		if id != d.batch() {
			return d.firstSection(ctx, id)
		}
	}
	count, total, err := d.importSecond(ctx)
	if err != nil {
		return 0, registry.Unit{}, err
	}
	if count == 0 { // a very small demo has nobody of a round age: its only batch is shown
		return d.firstSection(ctx, d.batch())
	}
	var id ledger.BatchID
	err = pgdb.InTx(ctx, d.works.DB, func(ctx context.Context, tx pgx.Tx) error {
		id, err = payout.Declare(ctx, tx, payout.Declaration{Programme: demoSecond, Period: demoPayDay, Count: count, Total: total,
			NameVI: "Mừng thọ xuân Bính Ngọ 2026 (dữ liệu giả lập)", DecisionNo: "01/QĐ-MẪU", DecisionDate: demoFirstDay, MadeBy: assembly.Maker}, d.now())
		return err
	})
	if err != nil {
		return 0, registry.Unit{}, err
	}
	if _, err := payout.Plan(ctx, d.works.DB, id, payout.PlanOptions{Who: assembly.Maker}, d.now()); err != nil {
		return 0, registry.Unit{}, err
	}
	if err := payout.Allot(ctx, d.works.DB, id, assembly.Maker, d.now()); err != nil {
		return 0, registry.Unit{}, err
	}
	if _, err := payout.Submit(ctx, d.works.DB, id, nil, assembly.Maker, d.now()); err != nil {
		return 0, registry.Unit{}, err
	}
	return d.firstSection(ctx, id)
}

func (d *demo) firstSection(ctx context.Context, id ledger.BatchID) (ledger.BatchID, registry.Unit, error) {
	sections, err := payout.Sections(ctx, d.works.DB, id)
	if err != nil {
		return 0, registry.Unit{}, err
	}
	for _, u := range registry.Communes() {
		if len(sections) > 0 && u.Code == sections[0].UnitCode {
			return id, u, nil
		}
	}
	return 0, registry.Unit{}, fmt.Errorf("batch %d has no section", id)
}

// importSecond writes and imports the longevity lists of the first communes that
// have somebody of a round age.
func (d *demo) importSecond(ctx context.Context) (count int64, total money.Amount, err error) {
	communes := registry.Communes()
	places := make([]demolist.Place, len(communes))
	for i, u := range communes {
		places[i] = demolist.Place{Code: u.Code, Name: u.NameVI}
	}
	units := 0
	for _, u := range demolist.Make(d.state.Seed, d.state.People, places).Units {
		if units == demoSecondUnits {
			break
		}
		var book bytes.Buffer
		truth, err := u.WriteLongevity(&book)
		if err != nil {
			return 0, 0, err
		}
		if truth.Rows == 0 {
			continue
		}
		path := d.e.path("lists", u.FileName("mung-tho"))
		if err := os.WriteFile(path, book.Bytes(), 0o644); err != nil {
			return 0, 0, err
		}
		_, err = importFile(ctx, d.works.DB, d.installation.Keys, path, registry.ImportOptions{Programme: demoSecond,
			Unit: registry.UnitKey{Code: u.Code}, By: assembly.Clerk, Now: d.now(), AcceptValid: true})
		if err != nil {
			return 0, 0, err
		}
		units, count, total = units+1, count+int64(truth.People), total+money.Amount(truth.TotalVND)
	}
	return count, total, nil
}

// invite prints where the console is, one link for each person, and three things
// to look at.
func (d *demo) invite(ctx context.Context, out io.Writer, people *accounts.Register, visitors []demoVisitor, address string, second ledger.BatchID) error {
	fmt.Fprintf(out, "\n%s\nBàn làm việc / the console: %s/\nMỗi liên kết dùng một lần, trong 12 giờ / each link works once, within 12 hours:\n\n", assembly.Notice, address)
	for _, v := range visitors {
		link, err := people.Link(ctx, v.ID, "cai-dat")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  %-42s %s/signin/link/%s\n", v.what, address, link)
	}
	trail, err := d.worthALook(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nMật khẩu để phê duyệt / password for approvals: %s\n", demoPassword)
	fmt.Fprintf(out, "\nBa điều nên xem / three things to look at:\n"+
		"  1. Người phê duyệt của xã ký một phần / the commune approver seals a section: %s/batches/%d/sections/1\n"+
		"  2. Đợt đã chi, theo từng ngân hàng / the paid batch, bank by bank: %s/batches/%d\n"+
		"  3. Khoản chi không suôn sẻ, toàn bộ dấu vết / payments that did not go smoothly, with their whole trail: %s/batches/%d/payments?state=%s\n"+
		"\nCtrl-C để dừng; chạy lại với --resume / Ctrl-C ends; again with: ansinh demo --resume --dir %s\n",
		address, second, address, d.batch(), address, d.batch(), trail, d.e.folder())
	return nil
}

// worthALook is a state of payments that did not go smoothly, of which this demo
// has one.
func (d *demo) worthALook(ctx context.Context) (string, error) {
	figures, err := records.ReadFigures(ctx, d.works.DB, d.batch())
	if err != nil {
		return "", err
	}
	for _, state := range []string{"returned", "in_doubt", "rejected", "unpaid"} {
		if n, _ := figures.In(state).Sum(); n > 0 {
			return state, nil
		}
	}
	return "paid", nil
}
