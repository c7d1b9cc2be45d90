package registry_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ansinh/registry"
)

// What a spreadsheet program does to a list that is saved as .csv on a machine that
// is not set to Vietnamese: letters become question marks, dates turn around.
const savedHead = "STT,Họ và tên,Ngày sinh,Giới tính,Số định danh cá nhân,Nhóm đối tượng,Hình thức nhận\n"

func TestReadListSavedWithoutItsLetters(t *testing.T) {
	t.Parallel()
	list := savedHead + "1,Lê Văn Thử,05/03/1936,Nam,000036000001,TET-HN-2026-03 - Lao động khó khăn,Tiền mặt\n" +
		"2,Đỗ Thị Mẫu,06/03/1936,Nữ,000136000002,TET-HN-2026-03 - Lao động khó khăn,Tiền mặt\n"
	latin := strings.Map(func(r rune) rune {
		if r > 0xFF {
			return '?'
		}
		return r
	}, list)
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"as it was":                    {list, nil},
		"letters lost":                 {latin, []string{" LIST-TEXT-LOST error"}},
		"and the headings with them":   {strings.NewReplacer("Gi?i", "Gi?", "Ngày sinh", "Ngày s?nh", "STT", "S?T").Replace(latin), []string{" LIST-TEXT-LOST error"}},
		"a question in one remark":     {strings.Replace(list, "Lao động", "Lao?động", 1), nil},
		"no list at all, with letters": {strings.Repeat("th? nghi?m, k?t qu?\n", 2), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readAs(t, []byte(tt.text), registry.ReadOptions{})
			if strings.HasPrefix(name, "no list") {
				if err == nil {
					t.Fatalf("read as a list: %v", got.Findings)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, addresses(got.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%v", diff, got.Findings)
			}
		})
	}
}

func TestReadListWithMonthsFirst(t *testing.T) {
	t.Parallel()
	rows := func(births ...string) []byte {
		text := savedHead
		for i, birth := range births {
			text += strings.NewReplacer("#", string(rune('1'+i)), "BIRTH", birth).
				Replace("#,Lê Văn Thử#,BIRTH,Nam,00003600000#,TET-HN-2026-03,Tiền mặt\n")
		}
		return []byte(strings.NewReplacer("Thử1", "Thử", "Thử2", "Thân", "Thử3", "Thanh", "Thử4", "Thịnh").Replace(text))
	}
	for name, tt := range map[string]struct {
		births []string
		want   []string
		third  string // the day read in row 4
	}{
		"days first":                 {[]string{"25/03/1936", "06/03/1936", "02/10/1936"}, nil, "02/10/1936"},
		"one that cannot be":         {[]string{"03/25/1936", "06/06/1936", "02/10/1936", "1936"}, []string{"C2 LIST-BIRTH-MONTH-FIRST repair", "C4 LIST-BIRTH-ORDER warning"}, "02/10/1936"},
		"one that is no day":         {[]string{"13/25/1936", "06/06/1936", "02/10/1936"}, []string{"C2 LIST-BIRTH-SHAPE error"}, "02/10/1936"},
		"the year first is a day":    {[]string{"25/03/1936", "1936-03-06", "1936-10-02"}, nil, "02/10/1936"},
		"day and month are the same": {[]string{"12/31/1936", "05/05/1936", "02/02/1936"}, []string{"C2 LIST-BIRTH-MONTH-FIRST repair"}, "02/02/1936"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readAs(t, rows(tt.births...), registry.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, addresses(got.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%v", diff, got.Findings)
			}
			if day := got.Lines[2].Birth.Date.Vietnamese(); day != tt.third {
				t.Errorf("row 4 was born %s, want %s", day, tt.third)
			}
		})
	}
	accepted, err := readAs(t, rows("03/25/1936"), registry.ReadOptions{AcceptRepairs: true})
	if err != nil || accepted.Refused() != 0 || accepted.Lines[0].Birth.Date.Vietnamese() != "25/03/1936" {
		t.Errorf("accepted: %+v, %v, error %v; want born 25/03/1936", accepted.Lines, accepted.Findings, err)
	}
}
