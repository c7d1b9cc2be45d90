package cashlist

import (
	"crypto/sha256"
	"errors"
	"io"
	"strconv"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// List is the wire of a provider.
type List struct{}

var _ bankadapters.Wire = List{}

// WriteSubmission is [WriteList].
func (List) WriteSubmission(w io.Writer, s bankadapters.Submission) error { return WriteList(w, s) }

// ReadSubmission is [ReadList] with the paying account of s, which a list does
// not carry.
func (List) ReadSubmission(r io.Reader, s bankadapters.Submission) (bankadapters.ReadBack, error) {
	return ReadList(r, s.Debtor.Account)
}

// kindList names our own list in the read-back's errors.
const kindList bankadapters.Kind = "pay list"

// ReadList reads a finished list back. It shares no code with the writer and
// refuses a list whose counts, sums or digest do not agree, with a
// *bankadapters.FileError. paying goes into the digest.
func ReadList(r io.Reader, paying string) (bankadapters.ReadBack, error) {
	all := sha256.New()
	in := bankadapters.NewRecords(io.TeeReader(r, all), kindList)
	out, hash, err := readListHead(in, paying)
	if err != nil {
		return bankadapters.ReadBack{}, err
	}
	seen := make(map[string]struct{})
	for {
		f, err := in.Next()
		if errors.Is(err, io.EOF) {
			return bankadapters.ReadBack{}, in.Fail(bankadapters.CodeTruncated, "no trailer line T")
		}
		if err != nil {
			return bankadapters.ReadBack{}, err
		}
		if f[0] == "T" {
			if err := readListEnd(in, f, &out, hash); err != nil {
				return bankadapters.ReadBack{}, err
			}
			all.Sum(out.SHA256[:0])
			return out, nil
		}
		if len(f) != 7 || f[0] != "D" {
			return bankadapters.ReadBack{}, in.Fail(bankadapters.CodeSyntax, "not a line D of 7 fields")
		}
		amount, err := money.ParseExact(f[6])
		if err != nil || amount < 1 {
			return bankadapters.ReadBack{}, in.Fail(bankadapters.CodeAmount, "%q is no amount", f[6])
		}
		if _, twice := seen[f[1]]; twice {
			return bankadapters.ReadBack{}, in.Fail(bankadapters.CodeRepeated, "reference %s stands twice", f[1])
		}
		seen[f[1]] = struct{}{}
		hash.Add(bankadapters.Instruction{
			EndToEnd: bankadapters.EndToEndID(f[1]), Amount: amount, Person: f[3], Unit: f[4],
			Creditor: bankadapters.Party{Name: f[2], Account: f[5]},
		})
	}
}

func readListHead(in *bankadapters.Records, paying string) (bankadapters.ReadBack, *bankadapters.InstructionHash, error) {
	var out bankadapters.ReadBack
	f, err := in.Next()
	if errors.Is(err, io.EOF) {
		return out, nil, in.Fail(bankadapters.CodeTruncated, "the list is empty")
	}
	if err != nil {
		return out, nil, err
	}
	if len(f) != 7 || f[0] != "H" || f[1] != "1" {
		return out, nil, in.Fail(bankadapters.CodeSyntax, "not a line H,1 of 7 fields")
	}
	out.Message = bankadapters.MessageID(f[2])
	var bad [3]error
	out.Execution, bad[0] = calendar.ParseISO(f[4])
	out.Count, bad[1] = strconv.Atoi(f[5])
	out.Total, bad[2] = money.ParseExact(f[6])
	if err := errors.Join(bad[:]...); err != nil {
		return out, nil, in.Fail(bankadapters.CodeValue, "date, count or total: %v", err)
	}
	return out, bankadapters.NewInstructionHash(paying, out.Execution), nil
}

func readListEnd(in *bankadapters.Records, f []string, out *bankadapters.ReadBack, hash *bankadapters.InstructionHash) error {
	digest, count, total, err := hash.Sum()
	if err != nil {
		return in.Fail(bankadapters.CodeSum, "%v", err)
	}
	switch {
	case len(f) != 4:
		return in.Fail(bankadapters.CodeSyntax, "the trailer has not 4 fields")
	case f[3] != in.Before():
		return in.Fail(bankadapters.CodeDigest, "the digest of the lines above is another")
	case out.Count != count || f[1] != strconv.Itoa(count):
		return in.Fail(bankadapters.CodeCount, "%d lines, declared %d and %s", count, out.Count, f[1])
	case out.Total != total || f[2] != total.Exact():
		return in.Fail(bankadapters.CodeSum, "lines add up to %s đồng, declared %s and %s", total.Exact(), out.Total.Exact(), f[2])
	}
	out.Digest = digest
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		return in.Fail(bankadapters.CodeSyntax, "something stands after the trailer")
	}
	return nil
}
