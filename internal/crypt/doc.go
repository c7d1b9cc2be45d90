// Package crypt keeps what must not be read from a stolen database, and proves
// who said what.
//
// # The rule
//
// Keys live outside the database and its backup. A value is encrypted for one
// column of one row, so a ciphertext moved elsewhere does not open. Equal
// values are found through a keyed index that does not tell the value. Nothing
// here falls back to something weaker: a key that is missing is an error.
//
// # The picture
//
//	keys file --LoadKeys--> Keys --Encrypt/Decrypt--> bytea (id, account, phone)
//	                         | |---Index------------> 16 bytes, one space per kind of field
//	                         | +---RequestKey-------> one HMAC key per bank and direction
//	bank or API request:    SignRequest / VerifySignature over method, path, time, nonce, body hash
//	approval seal:          Signer (one key per person) --> Seal --> Verify
//	raw value in memory:    Secret, which shows "…1234" wherever it is printed
//
// # What this package does not do
//
// It reads no clock and no random source of its own: both come in. It does not
// remember nonces; whoever accepts signed requests stores them. It hashes no
// passwords.
package crypt
