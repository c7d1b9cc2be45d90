package crypt

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"io"
)

// PublicKey checks the seals of one person. It is 32 bytes and may be stored
// and shown.
type PublicKey []byte

// Signer seals in the name of one person with that person's own key. One
// signer is never shared: two names with one key would be one approver.
type Signer struct {
	name    string
	private ed25519.PrivateKey
}

// Seal is one person's signature under one content for one purpose.
type Seal struct {
	// Signer names the person. It is covered by the signature.
	Signer string
	// Purpose says what the signature means, such as "approve-section/v1", so
	// that one given for one act cannot serve for another. It is covered too.
	Purpose   string
	Signature []byte
}

// GenerateSigner returns a signer with a new key from random.
func GenerateSigner(name string, random io.Reader) (*Signer, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("generate signer: %w", err)
	}
	return NewSigner(name, seed)
}

// NewSigner returns the signer whose key belongs to a 32-byte seed, such as
// one from [Derive] with the person in the label. It returns ErrKeys for a
// seed of another size or an empty name.
func NewSigner(name string, seed []byte) (*Signer, error) {
	if name == "" {
		return nil, fmt.Errorf("%w: a signer has a name", ErrKeys)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%w: a signer's seed has %d bytes, not %d", ErrKeys, ed25519.SeedSize, len(seed))
	}
	return &Signer{name: name, private: ed25519.NewKeyFromSeed(seed)}, nil
}

// Name returns the person's name in seals.
func (s *Signer) Name() string { return s.name }

// String names the signer without the key.
func (s *Signer) String() string { return "crypt.Signer(" + s.name + ")" }

// Format prints what String returns for every verb, so that no %+v shows the key.
func (s *Signer) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) } //nolint:errcheck // as fmt does

// Public returns the key by which others check this person's seals.
func (s *Signer) Public() PublicKey {
	return PublicKey(s.private.Public().(ed25519.PublicKey))
}

// Seed returns the private seed, to be stored where only this person can use it.
func (s *Signer) Seed() []byte { return s.private.Seed() }

// Sign seals content for purpose. Ed25519 needs no randomness: the same
// content always gives the same seal.
func (s *Signer) Sign(purpose string, content []byte) Seal {
	seal := Seal{Signer: s.name, Purpose: purpose}
	seal.Signature = ed25519.Sign(s.private, seal.message(content))
	return seal
}

// Verify returns ErrSignature unless seal is by the owner of public, in the
// name and for the purpose it says, under exactly this content. Whether public
// belongs to that name, and whether the person had the power, is for the
// caller to know.
func Verify(public PublicKey, seal Seal, content []byte) error {
	if len(public) != ed25519.PublicKeySize || seal.Signer == "" ||
		!ed25519.Verify(ed25519.PublicKey(public), seal.message(content), seal.Signature) {
		return fmt.Errorf("seal %q of %s: %w", seal.Purpose, seal.Signer, ErrSignature)
	}
	return nil
}

// message returns what is signed. Lengths come first, so that no part can
// lend bytes to the next.
func (s Seal) message(content []byte) []byte {
	var out []byte
	for _, part := range []string{"ansinh seal 1", s.Purpose, s.Signer, string(content)} {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}
