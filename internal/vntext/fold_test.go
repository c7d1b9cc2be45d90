package vntext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
)

type keys struct{ Fold, Tight, Loose string }

func TestFold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want keys
	}{
		"a name":                             {"Nguyễn Văn Hòa", keys{"nguyen van hoa", "nguyenvanhoa", "nguyenvanhoa"}},
		"tone on the other vowel":            {"Nguyễn Văn Hoà", keys{"nguyen van hoa", "nguyenvanhoa", "nguyenvanhoa"}},
		"decomposed":                         {norm.NFD.String("Nguyễn Văn Hoà"), keys{"nguyen van hoa", "nguyenvanhoa", "nguyenvanhoa"}},
		"a bank's answer":                    {"NGUYEN  VAN HOA", keys{"nguyen van hoa", "nguyenvanhoa", "nguyenvanhoa"}},
		"đ, and eth that looks like it":      {"ĐẶNG ÐỨC đạo ðiền", keys{"dang duc dao dien", "dangducdaodien", "dangducdaodien"}},
		"every vowel":                        {"Ăn Âu Êm Ôn Ơn Ưng ýên", keys{"an au em on on ung yen", "anauemononungyen", "anauemononungyen"}},
		"spaces of all sorts":                {"\u00a0Lê\t Thị\u202f \u3000Nở\n", keys{"le thi no", "lethino", "lethino"}},
		"invisible characters":               {"\ufeffLê\u200b Thị\u00ad Nở\u200d", keys{"le thi no", "lethino", "lethino"}},
		"punctuation":                        {"Số TK (cá nhân), nếu có:", keys{"so tk (ca nhan), neu co:", "sotkcanhanneuco", "sotkcanhanneuco"}},
		"y alone after a consonant":          {"Lý Mỹ Kỳ Sỹ Tỵ Vỹ", keys{"ly my ky sy ty vy", "lymykysytyvy", "limikisitivi"}},
		"i alone after a consonant":          {"Lí Mĩ Kì Sĩ Tị Vĩ", keys{"li mi ki si ti vi", "limikisitivi", "limikisitivi"}},
		"quy and a syllable of y":            {"Quý Ý Quí Í", keys{"quy y qui i", "quyyquii", "quiiquii"}},
		"y that makes another sound":         {"Thúy Tây Huyền Yến", keys{"thuy tay huyen yen", "thuytayhuyenyen", "thuytayhuyenyen"}},
		"y before punctuation":               {"Lý-Quý", keys{"ly-quy", "lyquy", "liqui"}},
		"an ASCII control is no gap":         {"a\x00b\x7fc", keys{"abc", "abc", "abc"}},
		"nothing":                            {"", keys{}},
		"spaces only":                        {" \t\u00a0", keys{}},
		"marks only":                         {"\u0301\u0323", keys{}},
		"full-width letters and digits":      {"Ａ１", keys{"a1", "a1", "a1"}},
		"a dot below and above in any order": {"e\u0302\u0323 e\u0323\u0302", keys{"e e", "ee", "ee"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := keys{Fold(tt.in), FoldTight(tt.in), FoldLoose(tt.in)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestSameName(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		a, b string
		want bool
	}{
		"tone placement":             {"Trần Thị Thuý Hoà", "TRẦN THỊ THÚY HÒA", true},
		"a bank's answer":            {"Đỗ Đức Ấn", "DO DUC AN", true},
		"a space more":               {"Lê  Nam", " Lê Nam ", true},
		"a space less":               {"Lê Nam", "LêNam", false},
		"i for y":                    {"Lý Quý", "Lí Quí", true},
		"y that makes another sound": {"Thúy", "Thúi", false},
		"another word order":         {"Lê Nam", "Nam Lê", false},
		"two blank cells":            {"", " \u00a0", false},
		"a missing middle name":      {"Lê Văn Nam", "Lê Nam", false},
		"a typing slip is no match":  {"Lê Văn Nam", "Lê Văn Nạm.", false},
		"composed and decomposed":    {"Lê Thị Nở", norm.NFD.String("Lê Thị Nở"), true},
		"marks that differ are same": {"Hoa", "Hóa", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := SameName(tt.a, tt.b); got != tt.want || SameName(tt.b, tt.a) != got {
				t.Errorf("SameName(%q, %q) = %t, want %t both ways", tt.a, tt.b, got, tt.want)
			}
		})
	}
}

func TestNFC(t *testing.T) {
	t.Parallel()
	if got, want := NFC(norm.NFD.String("Nguyễn Thị Thuỷ")), "Nguyễn Thị Thuỷ"; got != want {
		t.Errorf("NFC = %q, want %q", got, want)
	}
}

func TestBankASCII(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in        string
		lengthMax int
		want      string
	}{
		"a name":                         {"Nguyễn Văn Hoà", 70, "NGUYEN VAN HOA"},
		"đ":                              {"Đặng Thị Đào", 70, "DANG THI DAO"},
		"decomposed":                     {norm.NFD.String("Ưng Ớt Ỹ"), 70, "UNG OT Y"},
		"all punctuation of the x set":   {"a/b-c?d:e(f)g.h,i'j+k", 70, "A/B-C?D:E(F)G.H,I'J+K"},
		"others become one space":        {"Cty A&B @ Hà_Nội; №", 70, "CTY A B HA NOI NO"},
		"typographic quotes and dashes":  {"D’Anh – Lê", 70, "D'ANH - LE"},
		"cut at the limit":               {"Nguyễn Văn Hoà", 9, "NGUYEN VA"},
		"no space left at the cut":       {"Nguyễn Văn Hoà", 7, "NGUYEN"},
		"a limit of zero":                {"Hoà", 0, ""},
		"a limit below zero":             {"Hoà", -1, ""},
		"no leading slash or colon":      {"/:- TRO CAP", 70, "TRO CAP"},
		"no double slash":                {"TC///ASXH", 70, "TC/ASXH"},
		"another script has no ASCII":    {"李小龙", 70, ""},
		"line feeds cannot split fields": {"A\nB\r\nC", 70, "A B C"},
		"invisible characters":           {"Lê\u200b Nam", 70, "LE NAM"},
		"a transfer text":                {"Trợ cấp ASXH 11/2026", 35, "TRO CAP ASXH 11/2026"},
		"bytes that are no text":         {"A\xff\xfeB", 70, "A B"},
		"a ligature is two letters":      {"ﬁ", 70, "FI"},
		"ligature at the limit":          {"ﬁ", 1, "F"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := BankASCII(tt.in, tt.lengthMax); got != tt.want {
				t.Errorf("BankASCII(%q, %d) = %q, want %q", tt.in, tt.lengthMax, got, tt.want)
			}
		})
	}
}

// FuzzFold: keys are stable under folding again and under NFC and NFD; the
// tight key follows from the folded one.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Nguyễn Văn Hoà", "Lý Quý", "ĐÐđð", "\u00a0 a\u0301 ", "ﬁ½İ", "A\xffB", "K\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !utf8.ValidString(in) {
			_, _ = Fold(in), BankASCII(in, 70)
			return
		}
		key := Fold(in)
		if again := Fold(key); again != key {
			t.Fatalf("Fold(%q) = %q, folded again %q", in, key, again)
		}
		if other := Fold(norm.NFD.String(in)); other != key {
			t.Fatalf("Fold(%q) = %q, of its NFD %q", in, key, other)
		}
		if strings.Contains(key, "  ") || strings.TrimSpace(key) != key {
			t.Fatalf("Fold(%q) = %q has loose spaces", in, key)
		}
		if tight := FoldTight(in); FoldTight(tight) != tight || FoldTight(key) != tight {
			t.Fatalf("FoldTight(%q) = %q is not stable", in, tight)
		}
	})
}

// FuzzBankASCII: whatever comes in, only the x set goes out, within the limit,
// and sending the result again changes nothing.
func FuzzBankASCII(f *testing.F) {
	for _, seed := range []string{"Nguyễn Văn Hoà", "//a", "- :", "李", "\xff", "ﬁ"} {
		f.Add(seed, 35)
	}
	f.Fuzz(func(t *testing.T, in string, lengthMax int) {
		got := BankASCII(in, lengthMax)
		if len(got) > max(lengthMax, 0) {
			t.Fatalf("BankASCII(%q, %d) = %q is too long", in, lengthMax, got)
		}
		for i := range len(got) {
			c := got[i]
			if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != ' ' && strings.IndexByte(xPunctuation, c) < 0 {
				t.Fatalf("BankASCII(%q) = %q has %q", in, got, c)
			}
		}
		if again := BankASCII(got, lengthMax); again != got {
			t.Fatalf("BankASCII(%q) = %q, sent again %q", in, got, again)
		}
		if got != "" && strings.IndexByte("/-:", got[0]) >= 0 || strings.Contains(got, "//") || strings.Contains(got, "  ") {
			t.Fatalf("BankASCII(%q) = %q steers a field", in, got)
		}
	})
}
