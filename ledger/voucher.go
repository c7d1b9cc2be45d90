package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"iter"
	"time"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// VoucherID numbers a voucher: year and month of posting × 10^9 + sequence. It
// is not the printed number, which is the voucher's place in the chain.
type VoucherID int64

// BatchID numbers a batch; the range it lies in fixes its partition:
// 1,000–839,999 small batches in monthly blocks of a thousand, from 840,000 on
// large batches with partitions of their own, 0 no batch.
type BatchID int32

// The borders of the batch ranges.
const (
	SmallFirst BatchID = 1_000
	LargeFirst BatchID = 840_000
	BatchLast  BatchID = 1_679_615 // 36^4 - 1: a batch is four characters of an EndToEndId
)

// Large reports whether the batch has partitions of its own.
func (b BatchID) Large() bool { return b >= LargeFirst }

// Line is one movement: amount from the credit account to the debit account.
//
// With Batch 0 it belongs to no payment: Payment, Seq, Attempt, About and Leg
// are given by [Post]. Otherwise they are the payment's key and movement.
type Line struct {
	Batch   BatchID
	Payment int64
	Seq     int16
	Attempt int16 // the payment's newest attempt
	About   int16 // the attempt the line is about
	Leg     LegID
	Debit   AccountID
	Credit  AccountID
	Amount  money.Amount
	Red     bool // ghi âm: counts negative on both sides
}

// Voucher is what a caller asks to post.
type Voucher struct {
	Key            string // idempotency key: what happened, not when we heard of it
	Facts          []byte // canonical form of the facts; same key and other facts is refused
	Book           BookID
	PostingSet     string
	Kind           string
	AccountingDate calendar.Date
	PostedAt       time.Time
	Text           string
	Batch          BatchID   // batch of the payment lines; 0 if there are none
	OrderNo        int64     // the submission or own order whose 113 lines these are
	Cause          int64     // the bank entry that caused it; 0 = our own act
	Reverses       VoucherID // the voucher this one takes back, 0 = none
	Lines          iter.Seq2[Line, error]
}

// EntrustedState is the posting set of programmes paid from entrusted state
// funds (account 1371), the one the first release ships.
const EntrustedState = "entrusted-state"

// Posted is a stored voucher.
type Posted struct {
	ID     VoucherID
	Root   [32]byte
	Digest [32]byte
	Lines  int64
	Again  bool // the key was posted before with the same facts
}

// Errors of Post a caller may match.
var (
	ErrOtherFacts   = errors.New("the key was posted before with other facts")
	ErrCollision    = errors.New("another voucher wrote these payments' next lines first")
	ErrIllegal      = errors.New("a line does not follow from the line before it")
	ErrClosedPeriod = errors.New("the accounting month is closed")
	ErrNoLines      = errors.New("a voucher needs at least one line")
)

// ListOf makes a voucher's lines from a slice.
func ListOf(lines []Line) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}

// lineBytes is the length of a line's canonical form.
const lineBytes = 4 + 8 + 2 + 2 + 2 + 2 + 4 + 4 + 8 + 1

// leaf is the domain-separated SHA-256 of a line's canonical fixed-width form.
func (l *Line) leaf() [32]byte {
	var b [1 + lineBytes]byte
	b[0] = 0x00
	e := binary.BigEndian
	e.PutUint32(b[1:], uint32(l.Batch))
	e.PutUint64(b[5:], uint64(l.Payment))
	e.PutUint16(b[13:], uint16(l.Seq))
	e.PutUint16(b[15:], uint16(l.Attempt))
	e.PutUint16(b[17:], uint16(l.About))
	e.PutUint16(b[19:], uint16(l.Leg))
	e.PutUint32(b[21:], uint32(l.Debit))
	e.PutUint32(b[25:], uint32(l.Credit))
	e.PutUint64(b[29:], uint64(l.Amount))
	if l.Red {
		b[37] = 1
	}
	return sha256.Sum256(b[:])
}

// tag is the part of a leaf stored on the line itself, so that verify can name
// the line that was changed. The root, not the tag, is the proof.
func tag(leaf [32]byte) int32 { return int32(binary.BigEndian.Uint32(leaf[:4])) }

// merkle computes a Merkle tree head over leaves that arrive one by one, in the
// shape of RFC 6962 §2.1, holding one hash per level.
type merkle struct {
	stack [][32]byte
	count uint64
}

func (m *merkle) add(leaf [32]byte) {
	m.stack = append(m.stack, leaf)
	m.count++
	for n := m.count; n&1 == 0; n >>= 1 {
		m.join()
	}
}

func (m *merkle) join() {
	n := len(m.stack)
	m.stack[n-2] = node(m.stack[n-2], m.stack[n-1])
	m.stack = m.stack[:n-1]
}

func (m *merkle) root() [32]byte {
	if len(m.stack) == 0 {
		return sha256.Sum256(nil)
	}
	for len(m.stack) > 1 {
		m.join()
	}
	return m.stack[0]
}

// trees hashes a voucher's two kinds of lines apart: payment lines in key order
// and lines without a payment in the order given. Either may be empty.
type trees struct{ payments, loose merkle }

func (t *trees) count() int64 { return int64(t.payments.count + t.loose.count) }

func (t *trees) root() [32]byte { return node(t.payments.root(), t.loose.root()) }

func node(left, right [32]byte) [32]byte {
	var b [65]byte
	b[0] = 0x01
	copy(b[1:], left[:])
	copy(b[33:], right[:])
	return sha256.Sum256(b[:])
}

// MerkleRoot returns the RFC 6962 tree head over leaves, for callers that seal
// their own rows the way vouchers are sealed (section and batch digests).
func MerkleRoot(leaves iter.Seq[[32]byte]) [32]byte {
	var m merkle
	for l := range leaves {
		m.add(l)
	}
	return m.root()
}

// header is everything a voucher's digest covers besides its lines.
type header struct {
	Key, PostingSet, Kind, Text string
	Facts                       [32]byte
	Book                        BookID
	AccountingDate              calendar.Date
	PostedAt                    time.Time
	Batch                       BatchID
	OrderNo, Cause, Reverses    int64
	Lines                       int64
	Root                        [32]byte
}

// digest is the SHA-256 of the voucher's canonical form: strings with their
// length in front, numbers fixed-width, time in microseconds since 1970.
func (h *header) digest() [32]byte {
	b := []byte{0x02}
	for _, s := range []string{h.Key, h.PostingSet, h.Kind, h.AccountingDate.String(), h.Text} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = append(b, h.Facts[:]...)
	for _, n := range []int64{int64(h.Book), h.PostedAt.UnixMicro(), int64(h.Batch), h.OrderNo, h.Cause, h.Reverses, h.Lines} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	b = append(b, h.Root[:]...)
	return sha256.Sum256(b)
}
