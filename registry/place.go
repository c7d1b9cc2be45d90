package registry

import (
	"encoding/hex"

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
