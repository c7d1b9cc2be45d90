package crypt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrCiphertext means bytes that do not open: damaged, of another column or
// row, or no ciphertext of ours. Nothing of the plaintext is returned.
var ErrCiphertext = errors.New("encrypted value does not open here")

const (
	ciphertextVersion = 1
	keyIDMax          = 32
	nonceSize         = 12
	tagSize           = 16
)

// Place is where a ciphertext belongs. It is authenticated with the value but
// not stored in it, so a value copied to another row or column does not open.
type Place struct {
	// Column is schema, table and column: "registry.person.id_number".
	Column string
	// Row is the key of the row, as text. It must never change afterwards.
	Row string
}

// Encrypt closes plain with the current key for one place. Random must be a
// cryptographic source: a nonce that repeats under one key reveals both values.
//
// The result is version (1 byte), length of the key id (1), key id, nonce (12),
// then AES-256-GCM ciphertext and tag: 16 + 12 + 4 bytes more than plain for
// the usual two-letter id. An empty plain is closed like any other; store NULL
// for a value that is not there.
func (k *Keys) Encrypt(random io.Reader, place Place, plain Secret) ([]byte, error) {
	key, ok := k.column(k.current)
	if !ok {
		return nil, fmt.Errorf("encrypt %s: %w", place.Column, ErrKeyUnknown)
	}
	header := 2 + len(key.id)
	out := make([]byte, header+nonceSize, header+nonceSize+len(plain)+tagSize)
	out[0], out[1] = ciphertextVersion, byte(len(key.id))
	copy(out[2:], key.id)
	nonce := out[header:]
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("encrypt %s: read nonce: %w", place.Column, err)
	}
	return key.aead.Seal(out, nonce, []byte(plain), place.bind(out[:header])), nil
}

// Decrypt opens what Encrypt closed for the same place. It returns
// ErrKeyUnknown or ErrCiphertext.
func (k *Keys) Decrypt(place Place, closed []byte) (Secret, error) {
	id, ok := keyID(closed)
	if !ok {
		return "", fmt.Errorf("decrypt %s: %w", place.Column, ErrCiphertext)
	}
	key, ok := k.column(id)
	if !ok {
		return "", fmt.Errorf("decrypt %s: key %q: %w", place.Column, id, ErrKeyUnknown)
	}
	header := 2 + len(id)
	nonce := closed[header : header+nonceSize]
	plain, err := key.aead.Open(nil, nonce, closed[header+nonceSize:], place.bind(closed[:header]))
	if err != nil {
		return "", fmt.Errorf("decrypt %s: %w", place.Column, ErrCiphertext)
	}
	return Secret(plain), nil
}

// Outdated reports whether closed was made with another than the current key,
// so that a rotation can find what is left to re-encrypt.
func (k *Keys) Outdated(closed []byte) bool {
	id, ok := keyID(closed)
	return !ok || id != k.current
}

func keyID(closed []byte) (string, bool) {
	if len(closed) < 2 || closed[0] != ciphertextVersion {
		return "", false
	}
	n := int(closed[1])
	if n == 0 || n > keyIDMax || len(closed) < 2+n+nonceSize+tagSize {
		return "", false
	}
	return string(closed[2 : 2+n]), true
}

// bind returns the associated data. Lengths come first, so that no two places
// share one encoding.
func (p Place) bind(header []byte) []byte {
	out := make([]byte, 0, len(header)+8+len(p.Column)+len(p.Row))
	out = append(out, header...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(p.Column)))
	out = append(out, p.Column...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(p.Row)))
	return append(out, p.Row...)
}
