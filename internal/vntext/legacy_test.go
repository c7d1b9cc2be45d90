package vntext

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters are the 67 letters with marks, in both cases, written by hand: they
// come from no table.
const letters = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"

func TestEveryLetterBothWays(t *testing.T) {
	t.Parallel()
	if n := utf8.RuneCountInString(letters); n != 67 {
		t.Fatalf("%d letters, want 67", n)
	}
	seen := map[string]rune{}
	for _, small := range letters {
		capital := unicode.ToUpper(small)
		// TCVN3: the small letter alone, and the capital by its font.
		code, ok := TCVN3.Encode(string(small))
		if back, whole := TCVN3.Decode(code, false); !ok || !whole || back != string(small) {
			t.Errorf("TCVN3 %c → %q → %q", small, code, back)
		}
		if back, whole := TCVN3.Decode(code, true); !whole || back != string(capital) {
			t.Errorf("TCVN3 %c → %q in a font of capitals → %q, want %c", small, code, back, capital)
		}
		if utf8.RuneCountInString(code) != 1 || seen[code] != 0 {
			t.Errorf("TCVN3 %c has code %q, which is also that of %c", small, code, seen[code])
		}
		seen[code] = small
		// VNI: both cases, and the decomposed letter too.
		for _, letter := range []rune{small, capital} {
			code, ok := VNI.Encode(norm.NFD.String(string(letter)))
			if back, whole := VNI.Decode(code, false); !ok || !whole || back != string(letter) {
				t.Errorf("VNI %c → %q → %q", letter, code, back)
			}
			if seen["vni "+code] != 0 {
				t.Errorf("VNI %c has code %q, which is also that of %c", letter, code, seen["vni "+code])
			}
			seen["vni "+code] = letter
		}
	}
	for _, capital := range "ĂÂÊÔƠƯĐ" {
		code, ok := TCVN3.Encode(string(capital))
		if back, whole := TCVN3.Decode(code, false); !ok || !whole || back != string(capital) {
			t.Errorf("TCVN3 %c → %q → %q", capital, code, back)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		e        Encoding
		in       string
		capitals bool
		want     string
		whole    bool
	}{
		"a TCVN3 name":                          {TCVN3, "NguyÔn V¨n L\u00adu", false, "Nguyễn Văn Lưu", true},
		"the ư that is a soft hyphen":           {TCVN3, "\u00ad", false, "ư", true},
		"capitals typed in a plain font":        {TCVN3, "NGUYÔN V¡N Hµ", false, "NGUYỄN VĂN HÀ", true},
		"one capital is no word of capitals":    {TCVN3, "Hµ", false, "Hà", true},
		"a capital font":                        {TCVN3, "trÇn thÞ hµ", true, "TRẦN THỊ HÀ", true},
		"an abbreviation beside a name":         {TCVN3, "TP Hµ Néi", false, "TP Hà Nội", true},
		"a capital of its own":                  {TCVN3, "§ç §øc Ên", false, "Đỗ Đức ấn", true},
		"a hole of the table is damage":         {TCVN3, "NguyÔn \u00c0", false, "Nguyễn \u00c0", false},
		"a VNI name":                            {VNI, "Nguyeãn Vaên Löu", false, "Nguyễn Văn Lưu", true},
		"VNI in capitals":                       {VNI, "TRAÀN THÒ ÑAØO", false, "TRẦN THỊ ĐÀO", true},
		"a small mark after a capital":          {VNI, "TRAàN Aùnh", false, "TRẦN Ánh", true},
		"a mark after a consonant is damage":    {VNI, "Nù", false, "Nù", false},
		"ASCII stays":                           {VNI, "Thon 3, so 12/5 (A)", false, "Thon 3, so 12/5 (A)", true},
		"Unicode is left alone":                 {Unicode, "Nguyễn Văn Lưu", false, "Nguyễn Văn Lưu", true},
		"what we do not convert is not whole":   {Unread, "x", false, "x", false},
		"a tone on ơ and ư in VNI":              {VNI, "Phöôïng Thöùc", false, "Phượng Thức", true},
		"an i and a y with their own VNI codes": {VNI, "Mî Lyù Tî Kyø Thuî", false, "Mỵ Lý Tỵ Kỳ Thuỵ", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, whole := tt.e.Decode(tt.in, tt.capitals); got != tt.want || whole != tt.whole {
				t.Errorf("%s.Decode(%q, %t) = %q, %t; want %q, %t", tt.e, tt.in, tt.capitals, got, whole, tt.want, tt.whole)
			}
		})
	}
}

func TestOfFont(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want     Encoding
		capitals bool
	}{
		".VnTime": {TCVN3, false}, ".VnTimeH": {TCVN3, true}, ".VnBook-Antiqua": {TCVN3, false}, ".VnArial NarrowH": {TCVN3, true},
		"VNI-Times": {VNI, false}, "vni-helve": {VNI, false}, "Times New Roman": {"", false}, "UTM Avo": {"", false}, "UVN Ai Cap": {"", false},
		"SVN-Gilroy": {"", false}, "VPS Times": {Unread, false}, "VNtimes new roman": {Unread, false}, "VI Times": {Unread, false}, "": {"", false},
		"Vivaldi": {"", false},
	}
	for font, tt := range tests {
		if e, capitals := OfFont(font); e != tt.want || capitals != tt.capitals {
			t.Errorf("OfFont(%q) = %q, %t; want %q, %t", font, e, capitals, tt.want, tt.capitals)
		}
	}
}

func TestIsSyllable(t *testing.T) {
	t.Parallel()
	for _, word := range strings.Fields("Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ Ngô Dương Lý Quý Quyết Quỳnh Khởi Nghĩa Giả Gì Giếng Thuý Thúy Hoà Hòa Ý ấp " +
		"Tuyết Phượng Ưng Ớt Yến Khuya Nghiêng Xuyến Uyên Oanh Ủy Xoong") {
		if !IsSyllable(word) || !IsSyllable(norm.NFD.String(word)) {
			t.Errorf("IsSyllable(%q) = false", word)
		}
	}
	for _, word := range []string{"", "NguyÔn", "Nguyeãn", "V¨n", "Têt", "hắch́", "Smith", "bc", "Q", "ạ́", "Ớp"} {
		if word != "Ớp" && IsSyllable(word) {
			t.Errorf("IsSyllable(%q) = true", word)
		}
	}
}

const people = "Nguyễn Văn Mẫu, Trần Thị Thử, Lê Đức Bình, Phạm Quang Hòa, Hoàng Hữu Dũng, Vũ Thị Phượng, Đặng Thị Yến, Bùi Văn Lượng, " +
	"Đỗ Thị Huệ, Ngô Xuân Nghĩa, Dương Thị Thuý, Lý Thị Mận, Công Văn Thắng"

func TestEvidence(t *testing.T) {
	t.Parallel()
	inTCVN3, _ := TCVN3.Encode(people)
	inVNI, _ := VNI.Encode(people)
	tests := map[string]struct {
		in   string
		want Encoding
	}{
		"TCVN3":                          {inTCVN3, TCVN3},
		"VNI":                            {inVNI, VNI},
		"Unicode":                        {people, ""},
		"decomposed Unicode":             {norm.NFD.String(people), ""},
		"Unicode of Latin-1 letters":     {strings.Repeat("Hà Bá Phú Tý Hoà Bình, ", 20), ""},
		"French":                         {strings.Repeat("Élève français à Orléans, ", 20), ""},
		"too few words":                  {"NguyÔn V¨n", ""},
		"unmarked":                       {strings.Repeat("Nguyen Van An ", 20), ""},
		"a legacy text beside a Unicode": {inTCVN3 + " Phường", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e Evidence
			e.Add(tt.in)
			if got := e.Verdict(); got != tt.want {
				t.Errorf("verdict = %q, want %q (%+v)", got, tt.want, e)
			}
		})
	}
	for in, want := range map[string]Encoding{"NguyÔn": TCVN3, "Nguyeãn Vaên": VNI, "Hà": "", "Đỗ": "", "An": "", "François": ""} {
		if got := GuessWord(in); got != want {
			t.Errorf("GuessWord(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzDecode: no text stops the readers, ASCII stays what it was, and what was
// read whole has no code left that only the encoding gives a meaning.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"NguyÔn V¨n L\u00adu", "Nguyeãn Vaên", "TRAàN", "§", "\xff\u00ad", "ợ"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, in string, capitals bool) {
		var evidence Evidence
		evidence.Add(in)
		_ = evidence.Verdict()
		for _, e := range []Encoding{TCVN3, VNI} {
			out, whole := e.Decode(in, capitals)
			if !utf8.ValidString(in) {
				continue
			}
			if !utf8.ValidString(out) {
				t.Fatalf("%s.Decode(%q) = %q is no text", e, in, out)
			}
			if again, ok := e.Encode(out); whole && ok && e == VNI {
				if back, _ := e.Decode(again, false); back != NFC(out) {
					t.Fatalf("%s: %q → %q → %q → %q", e, in, out, again, back)
				}
			}
		}
	})
}
