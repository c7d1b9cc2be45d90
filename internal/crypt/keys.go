package crypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
)

// KeySize is the size in bytes of every symmetric key here.
const KeySize = 32

// ErrKeyUnknown means data encrypted with a key that this ring does not hold:
// the wrong keys file, or one from before a rotation.
var ErrKeyUnknown = errors.New("encryption key unknown to this key ring")

// ErrKeys means a keys file or seed that cannot be right.
var ErrKeys = errors.New("keys are not usable")

// Keys is a key ring: several column keys of which one is current, a root for
// blind indexes and a root for request keys. It is safe for concurrent use and
// prints as "crypt.Keys(current k1)".
type Keys struct {
	columns     []columnKey
	current     string
	indexRoot   []byte
	requestRoot []byte
	indexKeys   sync.Map // FieldKind → *sync.Pool of hash.Hash
}

type columnKey struct {
	id     string
	secret []byte
	aead   cipher.AEAD
}

// GenerateKeys returns a new ring with one column key, "k1", from random.
func GenerateKeys(random io.Reader) (*Keys, error) {
	material := make([]byte, 3*KeySize)
	if _, err := io.ReadFull(random, material); err != nil {
		return nil, fmt.Errorf("generate keys: %w", err)
	}
	return newKeys("k1", map[string][]byte{"k1": material[:KeySize]}, material[KeySize:2*KeySize], material[2*KeySize:])
}

// DeriveKeys returns the ring that belongs to seed, always the same one. It is
// for demo and tests, whose seeds are public; real keys come from GenerateKeys.
func DeriveKeys(seed []byte) (*Keys, error) {
	column, err := Derive(seed, "ring/column/k1")
	if err != nil {
		return nil, err
	}
	index, err := Derive(seed, "ring/index")
	if err != nil {
		return nil, err
	}
	request, err := Derive(seed, "ring/request")
	if err != nil {
		return nil, err
	}
	return newKeys("k1", map[string][]byte{"k1": column}, index, request)
}

// Derive returns the 32-byte key that belongs to seed and label, by HKDF with
// SHA-256. Keys of different labels tell nothing about each other. An empty
// seed is ErrKeys.
func Derive(seed []byte, label string) ([]byte, error) {
	if len(seed) == 0 {
		return nil, fmt.Errorf("derive key %q: %w: the seed is empty", label, ErrKeys)
	}
	key, err := hkdf.Key(sha256.New, seed, nil, "ansinh/"+label, KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive key %q: %w", label, err)
	}
	return key, nil
}

// Rotated returns a ring that encrypts with a new column key from random and
// still opens what the old keys closed. Blind indexes stay as they are: a new
// index root would lose every look-up.
func (k *Keys) Rotated(random io.Reader) (*Keys, error) {
	secret := make([]byte, KeySize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	secrets := map[string][]byte{}
	for _, c := range k.columns {
		secrets[c.id] = c.secret
	}
	n := len(k.columns) + 1
	id := fmt.Sprintf("k%d", n)
	for ; secrets[id] != nil; n++ {
		id = fmt.Sprintf("k%d", n+1)
	}
	secrets[id] = secret
	return newKeys(id, secrets, k.indexRoot, k.requestRoot)
}

// Current returns the id of the key that new values are encrypted with.
func (k *Keys) Current() string { return k.current }

// String names the ring without its keys.
func (k *Keys) String() string { return "crypt.Keys(current " + k.current + ")" }

// Format prints what String returns for every verb, so that no %+v shows a key.
func (k *Keys) Format(f fmt.State, _ rune) { io.WriteString(f, k.String()) } //nolint:errcheck // as fmt does

// MarshalText writes what String returns: a ring in a log is named, not shown.
func (k *Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// RequestKey returns the secret shared with one partner for signing requests,
// such as "bank/A". The same ring and name always give the same key; to
// replace it, agree on a new name ("bank/A/2").
func (k *Keys) RequestKey(name string) ([]byte, error) {
	return Derive(k.requestRoot, "request/"+name)
}

func (k *Keys) column(id string) (columnKey, bool) {
	for _, c := range k.columns {
		if c.id == id {
			return c, true
		}
	}
	return columnKey{}, false
}

func newKeys(current string, secrets map[string][]byte, indexRoot, requestRoot []byte) (*Keys, error) {
	k := &Keys{current: current, indexRoot: slices.Clone(indexRoot), requestRoot: slices.Clone(requestRoot)}
	if len(indexRoot) != KeySize || len(requestRoot) != KeySize {
		return nil, fmt.Errorf("%w: the index and request roots must have %d bytes", ErrKeys, KeySize)
	}
	for id, secret := range secrets {
		if id == "" || len(id) > keyIDMax {
			return nil, fmt.Errorf("%w: key id %q must have 1 to %d characters", ErrKeys, id, keyIDMax)
		}
		if len(secret) != KeySize {
			return nil, fmt.Errorf("%w: key %s must have %d bytes, not %d", ErrKeys, id, KeySize, len(secret))
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", id, err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", id, err)
		}
		k.columns = append(k.columns, columnKey{id: id, secret: slices.Clone(secret), aead: aead})
	}
	slices.SortFunc(k.columns, func(a, b columnKey) int { return compareIDs(a.id, b.id) })
	if _, ok := k.column(current); !ok {
		return nil, fmt.Errorf("%w: the current key %q is not in the ring", ErrKeys, current)
	}
	return k, nil
}

// compareIDs puts k2 before k10.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}
