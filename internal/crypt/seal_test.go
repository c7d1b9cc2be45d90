package crypt

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
)

func TestVerifySeal(t *testing.T) {
	t.Parallel()
	an, err := GenerateSigner("an", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	binh, err := GenerateSigner("binh", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("section 7, 200 payments, 100000000")
	good := an.Sign("approve-section/v1", content)
	with := func(change func(*Seal)) Seal {
		s := good
		s.Signature = bytes.Clone(good.Signature)
		change(&s)
		return s
	}
	tests := map[string]struct {
		public  PublicKey
		seal    Seal
		content []byte
		want    error
	}{
		"as sealed":               {an.Public(), good, content, nil},
		"another content":         {an.Public(), good, []byte("section 7, 200 payments, 100000001"), ErrSignature},
		"another person's key":    {binh.Public(), good, content, ErrSignature},
		"another name on it":      {an.Public(), with(func(s *Seal) { s.Signer = "binh" }), content, ErrSignature},
		"no name on it":           {an.Public(), with(func(s *Seal) { s.Signer = "" }), content, ErrSignature},
		"another purpose":         {an.Public(), with(func(s *Seal) { s.Purpose = "release/v1" }), content, ErrSignature},
		"purpose lends to name":   {an.Public(), with(func(s *Seal) { s.Purpose, s.Signer = "approve-section/v1a", "n" }), content, ErrSignature},
		"a bit changed":           {an.Public(), with(func(s *Seal) { s.Signature[0] ^= 1 }), content, ErrSignature},
		"no signature":            {an.Public(), with(func(s *Seal) { s.Signature = nil }), content, ErrSignature},
		"no key":                  {nil, good, content, ErrSignature},
		"the seal of another man": {an.Public(), binh.Sign("approve-section/v1", content), content, ErrSignature},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := Verify(tt.public, tt.seal, tt.content); !errors.Is(err, tt.want) {
				t.Errorf("Verify error = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestNewSigner(t *testing.T) {
	t.Parallel()
	seed, err := Derive([]byte("demo"), "person/an")
	if err != nil {
		t.Fatal(err)
	}
	first, err := NewSigner("an", seed)
	if err != nil {
		t.Fatal(err)
	}
	second, err := NewSigner("an", first.Seed())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Public(), second.Public()) || first.Name() != "an" {
		t.Error("the same seed gives another key")
	}
	other, err := Derive([]byte("demo"), "person/binh")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(seed, other) {
		t.Error("two people have one key")
	}
	if _, err := NewSigner("an", seed[:31]); !errors.Is(err, ErrKeys) {
		t.Errorf("a short seed: error %v, want ErrKeys", err)
	}
	if _, err := NewSigner("", seed); !errors.Is(err, ErrKeys) {
		t.Errorf("no name: error %v, want ErrKeys", err)
	}
}
