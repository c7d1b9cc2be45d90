package crypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrPassword means a password that does not open what is asked for.
var ErrPassword = errors.New("wrong password")

// The cost of one guess: 64 MiB and two passes, about a tenth of a second. It is
// written beside every result, so that raising it leaves old ones readable.
const (
	argonMemoryKiB = 64 * 1024
	argonPasses    = 2
	argonThreads   = 1
	argonSaltSize  = 16
	argonKeySize   = 32

	// Above these a stored value is damage, and following it could take the machine down.
	argonMemoryKiBMax = 1024 * 1024
	argonPassesMax    = 16
)

// HashPassword returns what to store of a password: an argon2id hash in the
// usual text form, with salt and cost.
func HashPassword(random io.Reader, password string) (string, error) {
	salt := make([]byte, argonSaltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonMemoryKiB, argonThreads, argonKeySize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemoryKiB, argonPasses, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// CheckPassword returns ErrPassword unless password is the one that was hashed.
func CheckPassword(hash, password string) error {
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return fmt.Errorf("%w: the stored hash is no argon2id hash", ErrPassword)
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads); err != nil {
		return fmt.Errorf("%w: the stored hash has no cost", ErrPassword)
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(want) == 0 || version != argon2.Version || !sane(memory, passes, threads) {
		return fmt.Errorf("%w: the stored hash is damaged", ErrPassword)
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want)))
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return ErrPassword
	}
	return nil
}

func sane(memory, passes uint32, threads uint8) bool {
	return memory >= 8 && memory <= argonMemoryKiBMax && passes >= 1 && passes <= argonPassesMax && threads >= 1
}

const (
	underPasswordVersion = 1
	underHeaderSize      = 1 + 4 + 4 + 1 + argonSaltSize
)

// CloseUnderPassword closes plain so that only the password opens it, for one
// place. The key is made of the password by argon2id with a salt of its own, so
// what [HashPassword] stored for sign-in helps nobody who holds the database.
//
// The result is version (1 byte), memory in KiB (4), passes (4), threads (1),
// salt (16), nonce (12), then AES-256-GCM ciphertext and tag. Lost passwords
// cannot be replaced here: what was closed is then lost too.
func CloseUnderPassword(random io.Reader, password string, place Place, plain Secret) ([]byte, error) {
	out := make([]byte, underHeaderSize+nonceSize, underHeaderSize+nonceSize+len(plain)+tagSize)
	out[0] = underPasswordVersion
	binary.BigEndian.PutUint32(out[1:], argonMemoryKiB)
	binary.BigEndian.PutUint32(out[5:], argonPasses)
	out[9] = argonThreads
	if _, err := io.ReadFull(random, out[10:]); err != nil { // salt and nonce
		return nil, fmt.Errorf("close %s under a password: %w", place.Column, err)
	}
	aead, err := underPassword(password, out)
	if err != nil {
		return nil, fmt.Errorf("close %s under a password: %w", place.Column, err)
	}
	return aead.Seal(out, out[underHeaderSize:], []byte(plain), place.bind(out[:underHeaderSize])), nil
}

// OpenUnderPassword opens what CloseUnderPassword closed for the same place. It
// returns ErrPassword, which also stands for damage: the two look alike.
func OpenUnderPassword(password string, place Place, closed []byte) (Secret, error) {
	if len(closed) < underHeaderSize+nonceSize+tagSize || closed[0] != underPasswordVersion {
		return "", fmt.Errorf("open %s: %w", place.Column, ErrCiphertext)
	}
	aead, err := underPassword(password, closed)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", place.Column, err)
	}
	body := closed[underHeaderSize:]
	plain, err := aead.Open(nil, body[:nonceSize], body[nonceSize:], place.bind(closed[:underHeaderSize]))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", place.Column, ErrPassword)
	}
	return Secret(plain), nil
}

// underPassword makes the cipher that a header describes.
func underPassword(password string, header []byte) (cipher.AEAD, error) {
	memory, passes, threads := binary.BigEndian.Uint32(header[1:]), binary.BigEndian.Uint32(header[5:]), header[9]
	if !sane(memory, passes, threads) {
		return nil, ErrCiphertext
	}
	block, err := aes.NewCipher(argon2.IDKey([]byte(password), header[10:underHeaderSize], passes, memory, threads, argonKeySize))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
