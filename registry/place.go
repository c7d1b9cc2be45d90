package registry

import (
	"encoding/hex"
	"io"

	"ansinh/internal/crypt"
)

// fieldLocal indexes people without a personal id.
const fieldLocal crypt.FieldKind = "local-person"

// place binds a ciphertext to the kind of its value and the value's own blind
// index. So ciphertext and index may be copied together, from a channel to an
// approved payment by INSERT … SELECT, and neither opens beside another's.
func place(kind crypt.FieldKind, index []byte) crypt.Place {
	return crypt.Place{Column: string(kind), Row: hex.EncodeToString(index)}
}

// OpenAccount returns the account number stored as (index, closed), in a
// channel or in any row they were copied to together.
func OpenAccount(keys *crypt.Keys, index, closed []byte) (crypt.Secret, error) {
	return keys.Decrypt(place(crypt.FieldAccount, index), closed)
}

// OpenID returns the personal id stored as (index, closed).
func OpenID(keys *crypt.Keys, index, closed []byte) (crypt.Secret, error) {
	return keys.Decrypt(place(crypt.FieldID, index), closed)
}

// OpenPhone returns the phone number stored as (index, closed).
func OpenPhone(keys *crypt.Keys, index, closed []byte) (crypt.Secret, error) {
	return keys.Decrypt(place(crypt.FieldPhone, index), closed)
}

// CloseID encrypts a personal id for storing beside its blind index, so that
// [OpenID] opens it again wherever both were copied to.
func CloseID(keys *crypt.Keys, random io.Reader, id crypt.Secret) (index, closed []byte, err error) {
	c := closer{keys: keys, random: random}
	index, closed = c.close(crypt.FieldID, id)
	return index, closed, c.err
}

// CloseAccount is [CloseID] for an account number.
func CloseAccount(keys *crypt.Keys, random io.Reader, account crypt.Secret) (index, closed []byte, err error) {
	c := closer{keys: keys, random: random}
	index, closed = c.close(crypt.FieldAccount, account)
	return index, closed, c.err
}

// AccountTail is what people may see of an account: its last four digits, of one
// too short to hide nothing.
func AccountTail(account crypt.Secret) string { return tail(account) }
