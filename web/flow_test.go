package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/web/accounts"
)

// The whole way of a batch through the pages, without scripts: submitted by its
// maker, who may not approve; approved by the commune; released by accounts.
func TestFromSubmissionToRelease(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	batch, section := fmt.Sprintf("/batches/%d", id), fmt.Sprintf("/batches/%d/sections/1", id)

	lan := h.as("lan")
	lan.get("/").has("phần đã lập, chưa trình")
	lan.get(batch).wants(http.StatusOK).has("Quà Tết mẫu", "đã lập, chưa trình", "133 người, 66.500.000 đồng", `href="`+batch+`/submit"`)
	lan.get(batch+"/submit").has("Trình 2 phần").submit(batch+"/submit").wants(http.StatusOK).has("Đã trình phê duyệt.", "chờ phê duyệt")
	lan.get(section).has("không phê duyệt được", "không thuộc cấp duyệt").hasNot(`action="` + section + `/approve"`)
	lan.get(batch + "/release").wants(http.StatusNotFound) // not the maker's

	chair := h.as("chu-tich-00004")
	chair.get("/").has("phần chờ bạn phê duyệt", section)
	chair.get(section).wants(http.StatusOK).has("Đồng ý chi 130 người, 65.000.000 đồng (bằng chữ: Sáu mươi lăm triệu đồng chẵn), tăng 130", "0 trên 1 lượt duyệt")
	chair.submit(section+"/approve", "password", "không phải mật khẩu").wants(http.StatusForbidden).has("mật khẩu không đúng", `href="#password"`)
	chair.submit(section+"/approve", "password", password).wants(http.StatusOK).has("Đã phê duyệt. Phần này đã đủ lượt duyệt.", "1 trên 1 lượt duyệt")
	chair.get(section).hasNot(`action="` + section + `/approve"`)
	chair.get(fmt.Sprintf("/batches/%d/sections/2", id)).wants(http.StatusNotFound) // another commune's

	accountant := h.as("ke-toan")
	accountant.get(section).has("không chờ phê duyệt")
	accountant.get(batch).has(`href="` + batch + `/release"`)
	accountant.get(batch+"/release").has("Cho chi 130 khoản, 65.000.000 đồng").submit(batch+"/release").has("Đã cho chi.", "đang chi")
	accountant.get(batch+"/pause").submit(batch+"/pause").wants(http.StatusUnprocessableEntity).has("cần ghi lý do", `href="#why"`)
	accountant.get(batch+"/pause").submit(batch+"/pause", "why", "chờ đính chính").has("Đã tạm dừng đợt.", "tạm dừng", "chờ đính chính")

	accountant.get("/").has("Hôm nay", "Khoản được duyệt</dt><dd>130<small>65.000.000")

	b, err := payout.ReadBatch(t.Context(), h.db, id)
	if err != nil || b.ReleasedAt == nil || !b.Paused {
		t.Errorf("batch %+v, %v; want released and paused", b, err)
	}
	for act, want := range map[string]int{"section.submit": 1, "section.approve": 1, "batch.release": 1, "batch.pause": 1} {
		if got := h.audited(act); got != want {
			t.Errorf("the audit chain has %d of %s, want %d", got, act, want)
		}
	}
}

// Whoever submitted a section is told in words, in place of the form, that
// somebody else approves; a form sent all the same is refused.
func TestWhoSubmittedMayNotApprove(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	if _, err := payout.Submit(t.Context(), h.db, id, nil, "chu-tich-00004", h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	section := fmt.Sprintf("/batches/%d/sections/1", id)
	chair := h.as("chu-tich-00004")
	chair.get("/").hasNot("chờ bạn phê duyệt")
	chair.get(section).has("người lập không được phê duyệt").hasNot(`action="` + section + `/approve"`)
	token := hiddenField.FindStringSubmatch(chair.body)[2]
	chair.post(section+"/approve", "token", token, "password", password).wants(http.StatusConflict)
	if h.audited("section.approve") != 0 {
		t.Error("the maker approved")
	}
}

// A form drawn before the section changed comes back with what changed, and
// nothing is recorded.
func TestStaleApprovalSaysWhatChanged(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	if _, err := payout.Submit(t.Context(), h.db, id, nil, "lan", h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	section := fmt.Sprintf("/batches/%d/sections/1", id)
	chair := h.as("chu-tich-00004").get(section)
	h.list(9, unitOne, 500, 501) // a further list with two refused rows reaches the batch
	h.exec(`INSERT INTO payout.batch_list (batch, list) VALUES ($1, 9)`, id)
	chair.submit(section+"/approve", "password", password).wants(http.StatusConflict).
		has("Nội dung đã thay đổi từ khi bạn mở trang", "Ngoài danh sách: 2 → <b>4</b>", `action="`+section+`/approve"`)
	if h.audited("section.approve") != 0 {
		t.Error("a stale form approved")
	}
	chair.submit(section+"/approve", "password", password).wants(http.StatusOK).has("Đã phê duyệt.")
}

func TestPaymentsPageByPage(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	list := fmt.Sprintf("/batches/%d/payments", id)
	b := h.as("ke-toan")
	b.get(list).wants(http.StatusOK).has("133 khoản chi. Đang xem dòng 1 đến 50.", `page=2`, "chưa duyệt", "Nguyễn Văn Mẫu 1 <", "…0001")
	b.get(list+"?page=3").has("Đang xem dòng 101 đến 133", "Nguyễn Văn Mẫu 133 <").hasNot("page=4")
	b.get(list + "?section=2").has("3 khoản chi, ").hasNot("Nguyễn Văn Mẫu 1 <")
	b.get(list + "?state=paid").has("Không có dòng nào khớp với: đã ghi có")
	b.get(list+"?state=none").has("Nguyễn Văn Mẫu 50 <", "after=50").hasNot("Nguyễn Văn Mẫu 51 <")
	b.get(list + "?state=none&after=100").has("Nguyễn Văn Mẫu 133 <")
	b.hasNot(accountOf(101))
	b.get(list + "?channel=B").has("Không có dòng nào khớp với: B.")
	b.get(list+"?section=2&as=csv").wants(http.StatusOK).has("\ufeff", "…0131", "DỮ LIỆU GIẢ LẬP · ")
	if lines := strings.Count(b.body, "\n"); lines != 6 {
		t.Errorf("the download has %d lines, want title, stamp, head and three people", lines)
	}
	b.hasNot(accountOf(131))
	h.as("chu-tich-00004").get(list).has("130 khoản chi").hasNot("Nguyễn Văn Mẫu 131 <")
	if got := h.audited("payments.read"); got != 7 {
		t.Errorf("the audit chain has %d looks at payments, want the 7 that showed people", got)
	}
}

func TestPaymentShowsItsTrailAndHidesItsAccount(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	if _, err := payout.Submit(t.Context(), h.db, id, nil, "lan", h.clock.Now()); err != nil {
		t.Fatal(err)
	}
	h.seal(id, 1, "chu-tich-00004")
	h.fund()
	h.send(id, 17, true)
	h.send(id, 18, false)
	page := fmt.Sprintf("/payments/%d/17", id)
	b := h.as("ke-toan")
	b.get(page).wants(http.StatusOK).has("Khoản chi "+fmt.Sprintf("%d/17", id), "đang hỏi lại ngân hàng", "1. phê duyệt", "2. phát lệnh", "TET26", "Căn cứ", "…0017", "hết giờ chờ")
	b.hasNot(accountOf(17))
	b.submit(page + "/reveal").wants(http.StatusUnprocessableEntity).has("cần ghi lý do").hasNot(accountOf(17))
	b.submit(page+"/reveal", "why", "người hưởng đến hỏi").wants(http.StatusOK).has(accountOf(17))
	b.get(page).hasNot(accountOf(17))
	if h.audited("payment.reveal") != 1 || h.audited("payment.read") != 2 {
		t.Errorf("audited %d reveals and %d reads, want 1 and 2", h.audited("payment.reveal"), h.audited("payment.read"))
	}
	list := fmt.Sprintf("/batches/%d/payments?state=", id)
	b.get(list+"in_doubt").has("1 khoản chi, ", "Nguyễn Văn Mẫu 17 <").hasNot("Nguyễn Văn Mẫu 18 <")
	b.get(list+"ordered").has("1 khoản chi, ", "Nguyễn Văn Mẫu 18 <").hasNot("Nguyễn Văn Mẫu 17 <")
	b.get(fmt.Sprintf("/batches/%d", id)).has("đang hỏi lại ngân hàng", "đã lệnh")
	b.get("/").has("khoản đang hỏi lại ngân hàng")
	b.get(fmt.Sprintf("/payments/%d/999", id)).wants(http.StatusNotFound)
	h.as("chu-tich-00004").get(fmt.Sprintf("/payments/%d/131", id)).wants(http.StatusNotFound)
}

func TestTheOperatorSeesNobody(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	h.person("van-hanh", accounts.Operator, "", false)
	b := h.as("van-hanh")
	for _, path := range []string{"/batches", fmt.Sprintf("/batches/%d/payments", id), fmt.Sprintf("/payments/%d/1", id)} {
		b.get(path).wants(http.StatusForbidden).has("Không được phép").hasNot("Nguyễn Văn Mẫu")
	}
	b.get("/").wants(http.StatusOK).hasNot("Quà Tết mẫu")
}

func TestStopIsPulledByOneAndLiftedByTwo(t *testing.T) {
	t.Parallel()
	h, _ := staffed(t)
	h.person("van-hanh", accounts.Operator, "", false)
	h.person("kiem-soat", accounts.Accountant, "", false)
	operator := h.as("van-hanh")
	operator.get("/stop").submit("/stop/pull").wants(http.StatusUnprocessableEntity)
	operator.get("/stop").submit("/stop/pull", "why", "tệp lạ").has("ngay bây giờ?").submit("/stop/pull").has("Đã dừng chi toàn hệ thống.", "Chỉ kế toán")
	if why, err := payout.Stopped(t.Context(), h.db); err != nil || why != "tệp lạ" {
		t.Fatalf("stopped %q, %v; want the operator's reason", why, err)
	}
	h.as("lan").get("/").has("Đang dừng chi toàn hệ thống.", "tệp lạ").get("/stop").has("Chỉ kế toán")
	one := h.as("ke-toan")
	one.get("/stop").submit("/stop/lift", "why", "đã kiểm tra", "password", "sai mật khẩu rồi").wants(http.StatusForbidden)
	one.get("/stop").submit("/stop/lift", "why", "đã kiểm tra", "password", password).has("Chờ người thứ hai", "Bạn là người thứ nhất")
	two := h.as("kiem-soat")
	two.get("/stop").has("ke-toan đồng ý mở").submit("/stop/lift", "why", "đồng ý", "password", password).has("Đã mở lại.")
	if why, err := payout.Stopped(t.Context(), h.db); err != nil || why != "" {
		t.Errorf("stopped %q, %v; want it lifted", why, err)
	}
}

func TestScheduleAsksOnceMore(t *testing.T) {
	t.Parallel()
	h, id := staffed(t)
	path := fmt.Sprintf("/batches/%d/schedule", id)
	b := h.as("ke-toan")
	b.get(path).submit(path, "day", "31", "month", "2", "year", "2026", "clock", "08:00").wants(http.StatusUnprocessableEntity).has("Ngày giờ chưa đúng", `value="31"`)
	b.get(path).submit(path, "day", "17", "month", "2", "year", "2026", "clock", "08:00").wants(http.StatusOK).has("08:00, 17/02/2026", "ngân hàng nghỉ")
	b.submit(path).has("Đã đặt lịch chi.", "08:00, 17/02/2026")
}

func TestBatchesListFiltersAndDownloads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.person("ke-toan", accounts.Accountant, "", false)
	h.person("chu-tich-khac", accounts.Approver, "00025", false)
	b := h.as("ke-toan")
	b.get("/batches").has("Chưa có đợt chi trả nào.")
	var id ledger.BatchID = h.plan("lan")
	b.get("/batches").has("1 đợt.", "Quà Tết mẫu", "đã lập, chưa trình")
	b.get("/batches?q=tết&state=planned&sort=due").has("Quà Tết mẫu", `value="tết"`, `<option value="planned" selected>`)
	b.get("/batches?q=khong").has("Không có dòng nào khớp lời tìm “khong”.")
	b.get("/batches?state=closed").has("Không có dòng nào khớp với: đã khóa")
	b.get("/batches?q=khong&state=closed").has("khớp cả lời tìm “khong” lẫn điều kiện lọc")
	b.get("/batches?q=mẫu&as=csv").wants(http.StatusOK).has("Quà Tết mẫu", "66500000", "ke-toan")
	other := h.as("chu-tich-khac")
	other.get("/batches").has("Chưa có đợt chi trả nào.")
	other.get(fmt.Sprintf("/batches/%d", id)).wants(http.StatusNotFound)
}
