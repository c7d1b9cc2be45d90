package crypt

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"
)

// IndexSize is the size in bytes of a blind index: 128 bits, so that two of a
// billion values meet by chance with odds of about 1 to 10^21.
const IndexSize = 16

// FieldKind is what sort of value an index finds. Each kind has its own key,
// so an account number and an identity number of the same digits do not show
// as equal.
type FieldKind string

// The kinds of field we look up.
const (
	FieldID      FieldKind = "id"
	FieldAccount FieldKind = "account"
	FieldPhone   FieldKind = "phone"
)

// Index returns the blind index of value: the same for equal values under one
// ring, and without the ring no way to test a guess. It is HMAC-SHA256 cut to
// 16 bytes.
//
// Value must be in its one canonical form (digits only, for instance): the
// index of "001 136" is not that of "001136". For an empty value it returns
// nil, which SQL stores as NULL, so that people without an id are not one person.
func (k *Keys) Index(kind FieldKind, value Secret) []byte {
	if value == "" {
		return nil
	}
	macs := k.indexMACs(kind)
	mac := macs.Get().(hash.Hash)
	defer macs.Put(mac)
	mac.Reset()
	mac.Write([]byte(value))
	return mac.Sum(nil)[:IndexSize:IndexSize]
}

// indexMACs are MACs keyed for a kind, to be used again: a list asks for tens of
// thousands, and the keying costs more than the hashing.
func (k *Keys) indexMACs(kind FieldKind) *sync.Pool {
	if macs, ok := k.indexKeys.Load(kind); ok {
		return macs.(*sync.Pool)
	}
	key, err := Derive(k.indexRoot, "index/"+string(kind))
	if err != nil {
		panic(fmt.Sprintf("crypt: index key %s: %v", kind, err)) // the root was checked when the ring was made
	}
	macs, _ := k.indexKeys.LoadOrStore(kind, &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }})
	return macs.(*sync.Pool)
}
