package sheet_test

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"ansinh/registry/sheet"
)

// windows1258 writes text as an old program does: letters with one mark where the
// code page has them, the tone behind as a mark of its own.
func windows1258(t *testing.T, text string) string {
	t.Helper()
	out, err := charmap.Windows1258.NewEncoder().String(tonesApart(text))
	must(t, err)
	return out
}

func tonesApart(text string) string {
	var out []rune
	for _, r := range norm.NFC.String(text) {
		parts := []rune(norm.NFD.String(string(r)))
		if len(parts) == 1 {
			out = append(out, r)
			continue
		}
		// The circumflex, breve or horn stays with the letter.
		letter := parts[:1]
		var tones []rune
		for _, mark := range parts[1:] {
			switch mark {
			case 0x302, 0x306, 0x31B:
				letter = append(letter, mark)
			default:
				tones = append(tones, mark)
			}
		}
		out = append(append(out, []rune(norm.NFC.String(string(letter)))...), tones...)
	}
	return string(out)
}

func utf16Text(t *testing.T, order unicode.Endianness, text string) string {
	t.Helper()
	out, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
	must(t, err)
	return out
}

func TestOpenCSV(t *testing.T) {
	t.Parallel()
	const list = "STT;Họ và tên;Ngày sinh\n1;Nguyễn Thị Mẫu;5/3/1936\n2;Trần Đức Thuý;1954\n"
	want := []string{"1 A=text:STT B=text:Họ và tên C=text:Ngày sinh", "2 A=text:1 B=text:Nguyễn Thị Mẫu C=text:5/3/1936", "3 A=text:2 B=text:Trần Đức Thuý C=text:1954"}
	tests := map[string]struct {
		text string
		want []string
	}{
		"UTF-8":                    {list, want},
		"UTF-8 with a mark":        {"\uFEFF" + list, want},
		"UTF-16, little end first": {utf16Text(t, unicode.LittleEndian, list), want},
		"UTF-16, big end first":    {utf16Text(t, unicode.BigEndian, list), want},
		"Windows-1258":             {windows1258(t, list), want},
		"TCVN3, kept for its recognition": {latin("STT;Hä vµ tªn\n1;NguyÔn ThÞ MÉu\n2;Lª V¨n Thö\n"),
			[]string{"1 A=text:STT B=text:Hä vµ tªn", "2 A=text:1 B=text:NguyÔn ThÞ MÉu", "3 A=text:2 B=text:Lª V¨n Thö"}},
		"VNI, kept for its recognition": {latin("STT;Hoï vaø teân\n1;Nguyeãn Thò Maãu\n2;Traàn Ñöùc Thuùy\n"),
			[]string{"1 A=text:STT B=text:Hoï vaø teân", "2 A=text:1 B=text:Nguyeãn Thò Maãu", "3 A=text:2 B=text:Traàn Ñöùc Thuùy"}},
		"commas, quotes and line ends": {"a,\"b \"\"c\"\", d\",e\r\n\"x\ny\" z,5\"6,\r\n\r\n1,2,\"3", []string{`1 A=text:a B=text:b "c", d C=text:e`, "2 A=text:x\ny z B=text:5\"6", "4 A=text:1 B=text:2 C=text:3"}},
		"tabs":                         {"a\tb,c\n1\t2,5\n", []string{"1 A=text:a B=text:b,c", "2 A=text:1 B=text:2,5"}},
		"a separator that is told":     {"sep=|\na|b;c;d\n1|2;3;4\n", []string{"1 A=text:a B=text:b;c;d", "2 A=text:1 B=text:2;3;4"}},
		"only carriage returns":        {"a;b\r1;2\r", []string{"1 A=text:a B=text:b", "2 A=text:1 B=text:2"}},
		"a semicolon list of amounts":  {"a;b\n1,5;2,5\n3,5;4,5\n", []string{"1 A=text:a B=text:b", "2 A=text:1,5 B=text:2,5", "3 A=text:3,5 B=text:4,5"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := walk(t, []byte(tt.text), 0, sheet.Options{})
			wantRows(t, got, err, tt.want...)
		})
	}
}

// latin writes code points below 256 as bytes.
func latin(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}
