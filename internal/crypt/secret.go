package crypt

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

// ErrPlain means an attempt to store a Secret as it is.
var ErrPlain = errors.New("a secret is stored encrypted only")

// Secret is a value that must not reach logs, pages or tables by accident: an
// identity number, account, phone. Whatever prints or encodes it shows
// "…1234". Where the raw value is meant, Reveal says so in the code; that
// place owes the audit record of the read.
//
// It still compares with == and reads from JSON. Two ways around the mask are
// Go's and stay open: fmt prints an unexported struct field raw, so keep
// secrets in exported fields or give the struct its own String; and
// encoding/json writes a map's string keys raw.
type Secret string

// Reveal returns the raw value.
func (s Secret) Reveal() string { return string(s) }

// String returns the mask: the last four characters when at least eight are
// there, otherwise only that something is.
func (s Secret) String() string {
	const shown, lengthMin = 4, 8
	if s == "" {
		return ""
	}
	if utf8.RuneCountInString(string(s)) < lengthMin {
		return "…"
	}
	end := len(s)
	for range shown {
		_, size := utf8.DecodeLastRuneInString(string(s[:end]))
		end -= size
	}
	return "…" + string(s[end:])
}

// GoString returns the mask in quotes.
func (s Secret) GoString() string { return `crypt.Secret("` + s.String() + `")` }

// Format prints the mask for every verb; without it %x and %d would show the value.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	switch {
	case verb == 'v' && f.Flag('#'):
		text = s.GoString()
	case verb == 'q':
		text = `"` + text + `"`
	}
	io.WriteString(f, text) //nolint:errcheck // as fmt does
}

// LogValue is the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is the mask, so JSON, XML and CSV encoders cannot show more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the raw value.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// Value returns ErrPlain: use [Keys.Encrypt] and [Keys.Index].
func (s Secret) Value() (driver.Value, error) { return nil, ErrPlain }
