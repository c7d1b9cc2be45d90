package payout

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"ansinh/bankadapters"
	"ansinh/ledger"
)

// Origin is who we are in every reference: it never changes for an
// installation, except that the epoch rises after a restore.
type Origin struct {
	Installation string // three characters A–Z 0–9
	Epoch        int    // 1…35
}

// Ref names one attempt of one payment.
type Ref struct {
	Batch   ledger.BatchID
	Payment int64
	Attempt int16
}

// EpochAt is where the epoch stands in every id of ours, from 0. After a restored
// backup two attempts may differ in it alone.
const EpochAt = 3

const digits36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// EndToEnd builds the attempt's id: installation (3), epoch (1), batch (4),
// payment (5), attempt (1), check (2). Sixteen characters survive every bank we
// know. The check is ISO/IEC 7064 MOD 1271-36, which finds every single wrong
// character and every swap of neighbours.
func (o Origin) EndToEnd(r Ref) bankadapters.EndToEndID {
	body := o.Installation + base36(int64(o.Epoch), 1) + base36(int64(r.Batch), 4) +
		base36(r.Payment, 5) + base36(int64(r.Attempt), 1)
	return bankadapters.EndToEndID(body + check(body))
}

// The reasons why a reference is not one of ours.
var (
	ErrNotOurs = errors.New("the reference is not one of ours")   // another shape or installation
	ErrCheck   = errors.New("the reference fails its check")      // cut or altered: a suggestion at most
	ErrNumber  = errors.New("the reference's number is too long") // never built by us
)

// ParseEndToEnd reads an attempt's id as it came back. It returns ErrNotOurs
// for a text of another shape or installation and ErrCheck for an altered one;
// only an id without an error may move money.
func (o Origin) ParseEndToEnd(id bankadapters.EndToEndID) (Ref, error) {
	s := string(id)
	if len(s) != 16 || !strings.HasPrefix(s, o.Installation) {
		return Ref{}, ErrNotOurs
	}
	for i := range len(s) {
		if strings.IndexByte(digits36, s[i]) < 0 {
			return Ref{}, ErrNotOurs
		}
	}
	if check(s[:14]) != s[14:] {
		return Ref{}, ErrCheck
	}
	return Ref{
		Batch:   ledger.BatchID(parse36(s[4:8])),
		Payment: parse36(s[8:13]),
		Attempt: int16(parse36(s[13:14])),
	}, nil
}

// MessageID builds a submission's id: installation, epoch, submission number
// and the start of the digest of the ordered instructions, 32 characters. One
// id can never name two contents. Its first 16 characters are unique too, for
// banks that keep no more.
func (o Origin) MessageID(submission int64, digest [32]byte) bankadapters.MessageID {
	hash := base32.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").WithPadding(base32.NoPadding).EncodeToString(digest[:])
	return bankadapters.MessageID(o.Installation + base36(int64(o.Epoch), 1) + base36(submission, 8) + hash[:20])
}

// SubmissionOf reads the submission number out of a message id that may have
// been cut to 16 characters; ok is false for an id of another shape. The caller
// compares the whole stored id as far as it came back.
func (o Origin) SubmissionOf(id bankadapters.MessageID) (no int64, ok bool) {
	s := string(id)
	if len(s) < 16 || !strings.HasPrefix(s, o.Installation) {
		return 0, false
	}
	for i := range 12 {
		if strings.IndexByte(digits36, s[i]) < 0 {
			return 0, false
		}
	}
	return parse36(s[4:12]), true
}

// base36 writes n in width characters; a number that does not fit is a broken
// invariant of ours, because the ranges are fixed when batches are created.
func base36(n int64, width int) string {
	b := make([]byte, width)
	rest := n
	for i := width - 1; i >= 0; i-- {
		b[i] = digits36[rest%36]
		rest /= 36
	}
	if rest != 0 || n < 0 {
		panic(fmt.Sprintf("payout: %d does not fit into %d characters", n, width))
	}
	return string(b)
}

func parse36(s string) int64 {
	var n int64
	for i := range len(s) {
		n = n*36 + int64(strings.IndexByte(digits36, s[i]))
	}
	return n
}

// check computes the two characters of ISO/IEC 7064 MOD 1271-36 (pure system,
// modulus 1271, radix 36) for s.
func check(s string) string {
	const modulus, radix = 1271, 36
	p := 0
	for i := range len(s) {
		p = (p + strings.IndexByte(digits36, s[i])) * radix % modulus
	}
	p = p * radix % modulus
	c := (modulus + 1 - p) % modulus
	return string([]byte{digits36[c/radix], digits36[c%radix]})
}
