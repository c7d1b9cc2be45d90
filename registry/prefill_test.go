package registry_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ansinh/internal/crypt"
	"ansinh/registry"
)

// The list of last time, handed in again as it comes, says the same of the same
// people; what a later list changed is changed in it, and what it added is there.
func TestTheListOfLastTimeComesBackTheSame(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	proxy := with(with(with(with(mrsMau(), cPayee, "Nguyễn Văn Con - 000060900009"), cHolder, "NGUYEN VAN CON"), cNote, "Giấy ủy quyền số 12"), cDecision, "")
	pension := with(with(with(mrThu(), cName, "Phạm Văn Hưu"), cID, "000054900004"), cMethod, "BHXH")
	whole := [][]any{proxy, mrThu(), pension}
	if _, err := importList(t, db, workbook(t, whole...), nil); err != nil {
		t.Fatal(err)
	}
	home := with(with(mrThu(), cMethod, "Tại nhà"), cGroup, "Thôn 7")
	if _, err := importList(t, db, workbook(t, home, third()), nil); err != nil {
		t.Fatal(err)
	}
	unit := registry.Communes()[0]
	lines, err := registry.LastRows(t.Context(), db, testKeys(t), "TET-HN-2026", unit.Key())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = registry.WriteTemplate(&out, registry.TemplateOptions{Unit: unit, Programme: "TET-HN-2026", Title: "DANH SÁCH", Categories: []string{"HTXH-75"}, Demo: true, Lines: lines})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, out.Bytes(), true)
	for _, f := range got.Findings {
		t.Errorf("the filled template has a finding: %s", f)
	}
	want := read(t, workbook(t, proxy, home, pension, third()), true).Lines
	same := []cmp.Option{cmp.AllowUnexported(registry.Line{}), cmpopts.IgnoreFields(registry.Line{}, "Row"),
		cmp.Comparer(func(a, b crypt.Secret) bool { return a == b })}
	if diff := cmp.Diff(want, got.Lines, same...); diff != "" {
		t.Errorf("people (-handed in +filled in):\n%s", diff)
	}
}

func TestAnotherProgrammeHasNoPeopleOfLastTime(t *testing.T) {
	t.Parallel()
	db := prepared(t, true)
	if _, err := importList(t, db, workbook(t, mrsMau()), nil); err != nil {
		t.Fatal(err)
	}
	lines, err := registry.LastRows(t.Context(), db, testKeys(t), "MUNG-THO-2026", registry.Communes()[0].Key())
	if err != nil || len(lines) > 0 {
		t.Errorf("%d people of a programme without lists (%v)", len(lines), err)
	}
}
