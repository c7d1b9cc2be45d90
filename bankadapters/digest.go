package bankadapters

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// Digest is a SHA-256 value.
type Digest [sha256.Size]byte

// String returns the digest in lower-case hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// InstructionHash is the running digest over ordered instructions. The writer's
// side ([InstructionDigest]) and every read-back use it, so that one message id
// can never name two contents. Its input per instruction is, each preceded by
// its length in four bytes: end-to-end id, account, bank, name, amount, person,
// unit, paying account, date. It begins with the word of its version.
type InstructionHash struct {
	sum    hash.Hash
	paying string
	date   string
	buffer []byte
	count  int
	total  money.Amount
	err    error
}

// NewInstructionHash starts a digest for instructions paid from the account
// paying on the given day.
func NewInstructionHash(paying string, date calendar.Date) *InstructionHash {
	h := &InstructionHash{sum: sha256.New(), paying: paying, date: date.String()}
	h.sum.Write([]byte("ansinh instructions 1\n"))
	return h
}

// Add appends one instruction. An overflow of the sum is reported by Sum.
func (h *InstructionHash) Add(i Instruction) {
	b := h.buffer[:0]
	for _, field := range [...]string{
		string(i.EndToEnd), i.Creditor.Account, i.Creditor.BIN, i.Creditor.Name,
		i.Amount.Exact(), i.Person, i.Unit, h.paying, h.date,
	} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
		b = append(b, field...)
	}
	h.buffer = b
	h.sum.Write(b)
	h.count++
	if total, err := h.total.Add(i.Amount); err != nil {
		h.err = err
	} else {
		h.total = total
	}
}

// Sum returns the digest with the count and sum of what was added.
func (h *InstructionHash) Sum() (Digest, int, money.Amount, error) {
	var d Digest
	h.sum.Sum(d[:0])
	return d, h.count, h.total, h.err
}

// InstructionDigest is the digest of what s orders. Payout derives the message
// id from it. It also refuses a submission whose declared count or total is not
// that of its instructions.
func InstructionDigest(s Submission) (Digest, error) {
	h := NewInstructionHash(s.Debtor.Account, s.Execution)
	if err := s.Instructions(func(i Instruction) error { h.Add(i); return nil }); err != nil {
		return Digest{}, fmt.Errorf("digest of submission %s: %w", s.Message, err)
	}
	digest, count, total, err := h.Sum()
	if err != nil {
		return Digest{}, fmt.Errorf("digest of submission %s: %w", s.Message, err)
	}
	if count != s.Count || total != s.Total {
		return Digest{}, fmt.Errorf("digest of submission %s: %w: %d instructions of %s đồng, declared %d of %s",
			s.Message, ErrSubmission, count, total, s.Count, s.Total)
	}
	return digest, nil
}

// ReadBack is what an independent reader found in the finished bytes of a
// submission, to be compared with the ledger lines before the first byte.
type ReadBack struct {
	Message   MessageID
	Paying    string // paying account; empty where the wire does not carry it
	Execution calendar.Date
	Count     int
	Total     money.Amount
	Digest    Digest
	SHA256    Digest // of the bytes themselves
}

// ErrReadBack means that finished bytes do not say what was ordered. They must
// never be sent: either the writer or the reader is wrong.
var ErrReadBack = fmt.Errorf("the finished message does not say what was ordered")

// Agree compares the read-back with the submission it should be. It returns
// ErrReadBack naming every figure that differs.
func (b ReadBack) Agree(s Submission) error {
	want, err := InstructionDigest(s)
	if err != nil {
		return err
	}
	var wrong []string
	differ := func(what, written, ordered string) {
		if written != ordered {
			wrong = append(wrong, fmt.Sprintf("%s %q, ordered %q", what, written, ordered))
		}
	}
	differ("message", string(b.Message), string(s.Message))
	if b.Paying != "" {
		differ("paying account", b.Paying, s.Debtor.Account)
	}
	differ("date", b.Execution.String(), s.Execution.String())
	differ("count", fmt.Sprint(b.Count), fmt.Sprint(s.Count))
	differ("total", b.Total.Exact(), s.Total.Exact())
	differ("digest", b.Digest.String(), want.String())
	if len(wrong) > 0 {
		return fmt.Errorf("submission %s: %w: %s", s.Message, ErrReadBack, strings.Join(wrong, "; "))
	}
	return nil
}
