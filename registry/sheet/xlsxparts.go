package sheet

import (
	"io"
	"strconv"
)

// The limits of what styles a workbook has; Excel itself stops at 65,490.
const (
	stylesMax = 100_000
	fontsMax  = 100_000
)

// styleReader gathers fonts and formats until the cells' styles name them.
type styleReader struct {
	x       *xlsx
	fonts   []string
	formats map[int]string
	inside  string // the list the scanner is in
}

// readStyles reads the part with fonts, number formats and cell styles.
func (x *xlsx) readStyles(name string) error {
	r := styleReader{x: x, formats: map[int]string{}}
	return x.walk(name, r.visit)
}

func (r *styleReader) visit(s *xmlScanner) error {
	switch string(s.name) {
	case "fonts", "cellXfs", "cellStyleXfs", "numFmts", "fills", "borders", "dxfs", "cellStyles":
		r.inside = string(s.name)
	case "numFmt":
		if id, err := strconv.Atoi(s.get("numFmtId")); err == nil && r.inside == "numFmts" && len(r.formats) < stylesMax {
			r.formats[id] = s.get("formatCode")
		}
	case "font":
		if r.inside == "fonts" {
			r.fonts = append(r.fonts, "")
		}
	case "name":
		if r.inside == "fonts" && len(r.fonts) > 0 {
			r.fonts[len(r.fonts)-1] = r.x.known.text([]byte(s.get("val")))
		}
	case "xf":
		if r.inside == "cellXfs" {
			r.x.styles = append(r.x.styles, r.style(s))
		}
	}
	if len(r.fonts) > fontsMax || len(r.x.styles) > stylesMax {
		return refuse(WhyLimit, s.where, nil, "styles")
	}
	return nil
}

func (r *styleReader) style(s *xmlScanner) style {
	var st style
	if font, err := strconv.Atoi(s.get("fontId")); err == nil && font >= 0 && font < len(r.fonts) {
		st.font = r.fonts[font]
	}
	format, err := strconv.Atoi(s.get("numFmtId"))
	if err != nil {
		return st
	}
	if code, own := r.formats[format]; own {
		st.date, st.zeros = readFormat(code)
	} else {
		st.date = builtinDate(format)
	}
	return st
}

// readShared reads the texts that cells point at.
func (x *xlsx) readShared(name string) error {
	reader, err := x.part(name)
	if err != nil {
		return err
	}
	defer reader.Close()
	x.shared = newSharedTable(x.limits.MemoryMax)
	s := newXMLScanner(reader, name)
	var text []byte
	for {
		kind, err := s.next()
		if err != nil {
			return err
		}
		if kind == tokenEnd {
			return x.shared.done()
		}
		if kind != tokenOpen || string(s.name) != "si" {
			continue
		}
		var font string
		text, font, err = x.richText(s, text[:0])
		if err != nil {
			return err
		}
		if err := x.shared.add(text, font, name); err != nil {
			return err
		}
	}
}

// cellBytesMax bounds one cell; Excel stops at 32,767 letters.
const cellBytesMax = 128 << 10

// richText reads the element just opened, <si> or <is>: its text without the
// reading aids of East Asian names, and the font of its first run.
func (x *xlsx) richText(s *xmlScanner, text []byte) (_ []byte, font string, err error) {
	depth, runs := s.depth, 0
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return text, "", err
		case kind == tokenEnd:
			return text, "", refuse(WhyDamaged, s.where, io.ErrUnexpectedEOF)
		case kind == tokenClose && s.depth < depth:
			return unescapeX(text), font, nil
		case kind != tokenOpen:
			continue
		}
		switch string(s.name) {
		case "t":
			text, err = s.content(text, cellBytesMax)
		case "r":
			runs++
		case "rFont":
			if runs == 1 && len(text) == 0 {
				font = x.known.text([]byte(s.get("val")))
			}
		case "rPh":
			err = s.skip()
		}
		if err != nil {
			return text, "", err
		}
	}
}

// unescapeX turns _x000D_, by which a workbook writes characters XML has no
// place for, back into them.
func unescapeX(text []byte) []byte {
	out := text[:0]
	for i := 0; i < len(text); i++ {
		if text[i] == '_' && i+7 <= len(text) && text[i+1] == 'x' && text[i+6] == '_' {
			if n, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16); err == nil {
				out = append(out, string(rune(n))...)
				i += 6
				continue
			}
		}
		out = append(out, text[i])
	}
	return out
}
