package crypt

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	random := rand.NewChaCha8([32]byte{1})
	hash, err := HashPassword(random, "mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	again, err := HashPassword(random, "mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	if hash == again || strings.Contains(hash, "mật") {
		t.Errorf("hashes %q and %q: want a salt each and no password inside", hash, again)
	}
	tests := map[string]struct {
		hash, password string
		want           error
	}{
		"the password":            {hash, "mật khẩu", nil},
		"another password":        {hash, "mật khẩU", ErrPassword},
		"no password":             {hash, "", ErrPassword},
		"no hash":                 {"", "mật khẩu", ErrPassword},
		"a hash of another kind":  {"$2a$10$abc$def$ghi", "mật khẩu", ErrPassword},
		"memory of a terabyte":    {strings.Replace(hash, "m=65536", "m=1073741824", 1), "mật khẩu", ErrPassword},
		"a hash without its text": {strings.Join(strings.Split(hash, "$")[:5], "$") + "$", "mật khẩu", ErrPassword},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := CheckPassword(tt.hash, tt.password); !errors.Is(err, tt.want) {
				t.Errorf("CheckPassword(%q, %q) = %v, want %v", tt.hash, tt.password, err, tt.want)
			}
		})
	}
}

func TestUnderPassword(t *testing.T) {
	t.Parallel()
	place := Place{Column: "console.signing_key.closed", Row: "lan"}
	closed, err := CloseUnderPassword(rand.NewChaCha8([32]byte{2}), "đúng", place, "hạt giống")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(closed, []byte("hạt")) {
		t.Error("the plain text stands in what was closed")
	}
	damaged := bytes.Clone(closed)
	damaged[len(damaged)-1] ^= 1
	tests := map[string]struct {
		password string
		place    Place
		closed   []byte
		want     error
	}{
		"the password":     {"đúng", place, closed, nil},
		"another password": {"sai", place, closed, ErrPassword},
		"another person":   {"đúng", Place{Column: place.Column, Row: "mai"}, closed, ErrPassword},
		"damaged":          {"đúng", place, damaged, ErrPassword},
		"cut":              {"đúng", place, closed[:20], ErrCiphertext},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain, err := OpenUnderPassword(tt.password, tt.place, tt.closed)
			if !errors.Is(err, tt.want) || (err == nil) != (plain.Reveal() == "hạt giống") {
				t.Errorf("opened %q, %v; want error %v", plain.Reveal(), err, tt.want)
			}
		})
	}
}
