package sandbox

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
)

// xmlText writes elements one after the other; a caller opens and closes them
// in the order of the schema.
type xmlText struct{ buf bytes.Buffer }

func newXML(namespace string) *xmlText {
	x := &xmlText{}
	x.buf.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Document xmlns="` + namespace + `">`)
	return x
}

// open writes start tags, close writes end tags, both in the order given.
func (x *xmlText) open(names ...string) {
	for _, n := range names {
		x.buf.WriteString("<" + n + ">")
	}
}

func (x *xmlText) close(names ...string) {
	for _, n := range names {
		x.buf.WriteString("</" + n + ">")
	}
}

// leaf writes an element with text, or nothing when the text is empty. A path
// such as "Sts/Cd" writes the elements around it.
func (x *xmlText) leaf(path, text string) {
	if text == "" {
		return
	}
	names := strings.Split(path, "/")
	x.open(names...)
	_ = xml.EscapeText(&x.buf, []byte(text)) // a bytes.Buffer takes everything
	for i := len(names) - 1; i >= 0; i-- {
		x.close(names[i])
	}
}

func (x *xmlText) amount(name string, dong int64) {
	x.buf.WriteString("<" + name + ` Ccy="VND">` + strconv.FormatInt(dong, 10) + "</" + name + ">")
}

func (x *xmlText) done() []byte {
	x.buf.WriteString("</Document>\n")
	return x.buf.Bytes()
}

func dong(n int64) string { return strconv.FormatInt(n, 10) }
