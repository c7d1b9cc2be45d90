package main_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ansinh/web/browser"
)

// pictures is where `make screenshots` wants the six pictures of the README.
var pictures = flag.String("pictures", "", "folder for pictures of the journey; empty draws none")

const (
	notice   = "DỮ LIỆU GIẢ LẬP"
	password = "một câu dễ nhớ để thử"
)

// journey is a Tet on its way from the list to the auditor: the real program, a
// real browser, and a demo that lets the days pass in between.
type journey struct {
	t       *testing.T
	dir     string
	options []browser.Option
	address string
	end     func()
	unit    string // the commune with the largest section, which two people approve
	section string
}

func TestTheTetJourneyInABrowser(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]browser.Option{"scripts on": nil, "scripts off": {browser.WithoutScripts}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &journey{t: t, dir: folder(t), options: options}
			j.demo("--people", "300", "--until", "submit")
			j.prepare()

			j.serve()
			j.officerSubmits()
			j.approverSeals()
			j.departmentSeals()
			j.demo("--resume", "--until", "draw") // the other communes approve

			j.serve()
			j.accountantDrawsAndReleases()
			j.stop()
			s := readSummary(t, ansinh(t, "demo", "--dir", j.dir, "--resume", "--no-serve", "--json")) // the days pass

			j.serve()
			j.departmentFollows(s)
			j.auditorFollows()
			j.stop()
			wantNobodyTwice(t, j.dir)
		})
	}
}

// demo lets the demo do its part; the console is closed meanwhile, because only
// one of them may move the folder's clock.
func (j *journey) demo(args ...string) {
	j.t.Helper()
	j.stop()
	if r := ansinh(j.t, append([]string{"demo", "--dir", j.dir, "--no-serve"}, args...)...); r.code != 0 {
		j.t.Fatalf("demo %v: %d\n%s", args, r.code, r.stderr)
	}
}

// query asks the folder's database one value.
func (j *journey) query(sql string) string {
	j.t.Helper()
	r := ansinh(j.t, "db", "psql", "--dir", j.dir, "--", "-tA", "-c", sql)
	if r.code != 0 {
		j.t.Fatalf("%s: %s", sql, r.stderr)
	}
	return strings.TrimSpace(r.stdout)
}

// prepare finds the largest section, has two people approve such sections, and
// gives everybody an account as an operator would.
func (j *journey) prepare() {
	j.t.Helper()
	j.unit, j.section, _ = strings.Cut(j.query("SELECT unit_code, no FROM payout.section ORDER BY total DESC, no LIMIT 1"), "|")
	j.query("INSERT INTO payout.ladder (total_from, role) SELECT max(total), 'department' FROM payout.section")
	for _, a := range [][]string{
		{"can-bo", "--name", "Nguyễn Văn Trình", "--role", "maker", "--signs"},
		{"chu-tich", "--name", "Trần Thị Duyệt", "--title", "Chủ tịch UBND", "--role", "approver", "--unit", j.unit, "--signs"},
		{"lanh-dao", "--name", "Lê Văn Sở", "--title", "Phó Giám đốc Sở", "--role", "department", "--signs"},
		{"ke-toan", "--name", "Phạm Thị Toán", "--role", "accountant"},
		{"theo-doi", "--name", "Đỗ Thị Theo", "--role", "department"},
		{"kiem-toan", "--name", "Vũ Văn Kiểm", "--role", "auditor"},
	} {
		cmd := command(j.t, append([]string{"user", "add", "--dir", j.dir}, append(a[1:], a[0])...)...)
		cmd.Stdin = strings.NewReader(password + "\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			j.t.Fatalf("user add %v: %v\n%s", a, err, out)
		}
	}
}

var served = regexp.MustCompile(`http://[0-9.:]+`)

// serve starts the console as an operator does and waits until it listens.
func (j *journey) serve() {
	j.t.Helper()
	ctx, cancel := context.WithCancel(j.t.Context())
	p := start(ctx, j.t, "serve", "--dir", j.dir, "--listen", "127.0.0.1:0")
	j.end = func() { cancel(); p.wait() }
	j.t.Cleanup(j.stop)
	j.address = served.FindString(waitLine(j.t, p, "the console"))
}

func (j *journey) stop() {
	if j.end != nil {
		j.end()
		j.end = nil
	}
}

// enter opens a window for one person and signs in through their link.
func (j *journey) enter(id string) *browser.Tab {
	j.t.Helper()
	r := ansinh(j.t, "user", "link", "--dir", j.dir, "--at", j.address, id)
	if r.code != 0 {
		j.t.Fatalf("user link %s: %s", id, r.stderr)
	}
	tab := browser.Open(j.t, j.address, j.options...)
	tab.Go(strings.TrimSpace(r.stdout))
	tab.Push("Vào hệ thống")
	tab.MustSay(notice, "Việc chờ bạn")
	return tab
}

// leave wants nothing reported by the browser, and signs out.
func (j *journey) leave(tab *browser.Tab) {
	j.t.Helper()
	for _, fault := range tab.Faults() {
		j.t.Errorf("%s: %s", tab.Path(), fault)
	}
	tab.Push("Đăng xuất")
	tab.MustSay("Đã đăng xuất.")
}

func (j *journey) picture(tab *browser.Tab, name string) {
	if *pictures != "" && len(j.options) == 0 {
		tab.Size(1220, 1150)
		tab.Window(filepath.Join(*pictures, name+".png"))
		tab.Size(1280, 900)
	}
}

func (j *journey) officerSubmits() {
	j.t.Helper()
	sections := j.query("SELECT count(*) FROM payout.section WHERE state = 'planned'")
	tab := j.enter("can-bo")
	tab.MustSay("phần đã lập, chưa trình", "Quà Tết Bính Ngọ 2026")
	tab.Follow("Quà Tết Bính Ngọ 2026")
	tab.MustSay("đã lập, chưa trình")
	tab.Push("Trình phê duyệt")
	tab.MustSay("Trình các phần chưa trình (" + sections + " phần)")
	tab.Push("Trình " + sections + " phần")
	tab.MustSay("Đã trình phê duyệt.", "chờ phê duyệt")
	if got := j.query("SELECT count(*) FROM payout.section WHERE state = 'submitted' AND submitted_by = 'can-bo'"); got != sections {
		j.t.Fatalf("%s of %s sections are submitted", got, sections)
	}

	tab.Go("/batches/13001/sections/" + j.section)
	tab.MustSay("can-bo không phê duyệt được")
	if tab.Has("form input[type=password]") {
		j.t.Error("the maker sees a form to approve")
	}
	j.leave(tab)
}

// sealed is who approved the large section.
func (j *journey) sealed() string {
	return j.query("SELECT string_agg(signer, ' ' ORDER BY signer) FROM payout.approval WHERE batch = 13001 AND section = " + j.section)
}

func (j *journey) approverSeals() {
	j.t.Helper()
	tab := j.enter("chu-tich")
	tab.MustSay("Chờ bạn phê duyệt, cũ nhất trước")
	tab.FollowIn("tbody", "")
	code := j.query("SELECT code FROM payout.section WHERE batch = 13001 AND no = " + j.section)
	tab.MustSay("Đồng ý chi", "bằng chữ", code, "0 trên 2 lượt duyệt")
	j.picture(tab, "approval")

	tab.Fill("password", "không phải mật khẩu này")
	tab.Push("Đồng ý chi")
	if !tab.Has(".errors") || j.sealed() != "" {
		j.t.Fatalf("a wrong password: sealed by %q", j.sealed())
	}
	tab.MustSay("Mật khẩu", "không đúng")

	tab.Fill("password", password)
	tab.Push("Đồng ý chi")
	tab.MustSay("Đã phê duyệt. Còn chờ người khác.", "1 trên 2 lượt duyệt", "Bạn đã phê duyệt nội dung này")
	tab.Follow("Tờ phê duyệt để in")
	tab.MustSay("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", code)
	tab.Go("/")
	j.leave(tab)
}

func (j *journey) departmentSeals() {
	j.t.Helper()
	tab := j.enter("lanh-dao")
	tab.Go("/batches/13001/sections/" + j.section)
	tab.MustSay("1 trên 2 lượt duyệt")
	tab.Fill("password", password)
	tab.Push("Đồng ý chi")
	tab.MustSay("Đã phê duyệt. Phần này đã đủ lượt duyệt.", "2 trên 2 lượt duyệt", "đã duyệt")
	if got := j.sealed(); got != "chu-tich lanh-dao" {
		j.t.Errorf("the section is sealed by %q", got)
	}
	j.leave(tab)
}

func (j *journey) accountantDrawsAndReleases() {
	j.t.Helper()
	owed := j.query("SELECT replace(to_char(sum(total), 'FM999,999,999,999'), ',', '.') FROM payout.section WHERE state = 'approved'")
	tab := j.enter("ke-toan")
	tab.Go("/batches/13001")
	tab.Push("Rút dự toán")
	tab.MustSay("Đề nghị Kho bạc rút " + owed + " đồng")
	tab.Push("Rút " + owed + " đồng")
	tab.MustSay("Đã lập đề nghị rút dự toán.")
	if got := j.query("SELECT replace(to_char(sum(amount), 'FM999,999,999,999'), ',', '.') FROM payout.draw WHERE batch = 13001"); got != owed {
		j.t.Errorf("drawn %s of %s", got, owed)
	}
	tab.Push("Cho chi")
	tab.MustSay("Cho chi", "khoản đã duyệt", owed+" đồng")
	tab.PushIn("main form", "Cho chi")
	tab.MustSay("Đã cho chi.")
	if got := j.query("SELECT count(*) FROM payout.batch WHERE released_at IS NOT NULL"); got != "1" {
		j.t.Error("the batch is not released")
	}
	j.leave(tab)
}

func (j *journey) departmentFollows(s summary) {
	j.t.Helper()
	tab := j.enter("theo-doi")
	j.picture(tab, "home")
	tab.Follow("Quà Tết Bính Ngọ 2026")
	tab.MustSay("Tiền đang ở đâu", fmt.Sprintf("đã ghi có %d", s.Paid))
	j.picture(tab, "batch")
	tab.Go("/batches/13001/payments?state=paid")
	tab.MustSay(fmt.Sprintf("%d khoản chi, đã ghi có.", s.Paid))

	tab.Go("/timeliness?batch=13001")
	tab.Push("Tính thời gian nhận tiền")
	tab.MustSay("Đã nhận yêu cầu.")
	tab.Await("/timeliness?batch=13001", "Tính đến hết")
	tab.MustSay(fmt.Sprint(s.People))
	j.picture(tab, "timeliness")
	j.leave(tab)
}

// auditorFollows goes from the books to the voucher, the line, the payment and
// what the bank said of it, has the chain checked, and reads who did what.
func (j *journey) auditorFollows() {
	j.t.Helper()
	tab := j.enter("kiem-toan")
	tab.Follow("Sổ kế toán")
	tab.MustSay("Bảng cân đối tài khoản", "Tổng nợ bằng tổng có, tổng số dư hai bên bằng nhau.")
	j.picture(tab, "books")
	tab.FollowIn("tbody", "3388")
	tab.MustSay("Phát sinh theo chứng từ")
	tab.Go(browser.Eval[string](tab, `document.querySelector("a[href^='/books/vouchers/']").getAttribute("href")`))
	tab.MustSay("Dấu niêm phong", "Gốc Merkle của các dòng", "phê duyệt chi", "Các dòng")
	tab.FollowIn("tbody", "13001/")
	tab.MustSay("Tiền đã đi thế nào", "Vì sao được hưởng", "Dòng trong tệp của ngân hàng")
	one := tab.Path()
	tab.Unfold("Xem đủ số tài khoản")
	tab.Fill("why", "đối chiếu với sổ của người hưởng")
	tab.Push("Xem, và ghi lại lý do")
	tab.MustSay("chỉ hiện lần này")
	tab.Go(one)
	if tab.Says("chỉ hiện lần này") {
		j.t.Error("the full account number stays on the page")
	}

	tab.Go("/batches/13001/payments?state=returned")
	tab.FollowIn("tbody th", "")
	tab.MustSay("trả lại")
	j.picture(tab, "payment")

	tab.Go("/verify")
	tab.Push("Kiểm tra lại toàn bộ")
	tab.Await("/verify", "Dòng đã băm lại")
	if !tab.Has("main .mark.done") || tab.Has("main .mark.owed") {
		j.t.Errorf("the chain is not found sound: %s", tab.Text("main"))
	}

	for actor, acts := range map[string][]string{"can-bo": {"trình phê duyệt"}, "chu-tich": {"phê duyệt"}, "lanh-dao": {"phê duyệt"}, "ke-toan": {"rút dự toán", "cho chi"},
		"kiem-toan": {"xem đủ số tài khoản", "đối chiếu với sổ của người hưởng"}} {
		tab.Go("/audit?actor=" + actor)
		tab.MustSay(append(acts, actor)...)
	}
	j.leave(tab)
}
