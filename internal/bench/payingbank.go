package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"ansinh/bankadapters"
	"ansinh/internal/calendar"
	"ansinh/internal/money"
)

// payingBank takes every message, pays all of it and shows each payment as a
// booked single debit. It lives in this process, keeps nothing but what the next
// statement needs, and its time is taken off the figure.
type payingBank struct {
	profile  bankadapters.Profile
	account  string
	now      func() time.Time
	busy     time.Duration
	paid     []paidEntry
	credits  []paidEntry
	balance  money.Amount
	sequence int
	refs     int
}

type paidEntry struct {
	id, name, account string
	amount            money.Amount
}

// statementMax keeps one statement within what intake takes.
const statementMax = 1_000_000

var _ bankadapters.Bank = (*payingBank)(nil)

func (b *payingBank) credit(reference string, amount money.Amount) {
	b.credits = append(b.credits, paidEntry{id: reference, amount: amount})
}

// Submit accepts every message.
func (b *payingBank) Submit(ctx context.Context, s bankadapters.Submission) (bankadapters.Answer, error) {
	bankadapters.RefuseInTransaction(ctx)
	start := b.now()
	err := s.Instructions(func(in bankadapters.Instruction) error {
		b.paid = append(b.paid, paidEntry{string(in.EndToEnd), in.Creditor.Name, in.Creditor.Account, in.Amount})
		return nil
	})
	b.busy += b.now().Sub(start)
	return bankadapters.Answer{Outcome: bankadapters.Accepted, At: s.Created}, err
}

// Status is never asked: the statement comes first.
func (b *payingBank) Status(_ context.Context, id bankadapters.MessageID) (bankadapters.Report, error) {
	return bankadapters.Report{Message: id, Known: true}, nil
}

// Documents is not offered.
func (b *payingBank) Documents(context.Context, calendar.Date) ([]bankadapters.Document, error) {
	return nil, bankadapters.ErrNoAbility
}

// Fetch is not offered.
func (b *payingBank) Fetch(context.Context, string) (io.ReadCloser, error) {
	return nil, bankadapters.ErrNoAbility
}

// VerifyAccount is not offered.
func (b *payingBank) VerifyAccount(context.Context, bankadapters.Party) (bankadapters.Holder, error) {
	return bankadapters.Holder{}, bankadapters.ErrNoAbility
}

const statementHead = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>BENCH-%[1]d</MsgId><CreDtTm>%[2]s</CreDtTm></GrpHdr>` +
	`<Stmt><Id>BENCHST-%[1]d</Id><ElctrncSeqNb>%[1]d</ElctrncSeqNb><CreDtTm>%[2]s</CreDtTm><FrToDt><FrDtTm>%[3]sT00:00:00+07:00</FrDtTm><ToDtTm>%[3]sT23:59:59+07:00</ToDtTm></FrToDt>` +
	`<Acct><Id><Othr><Id>%[4]s</Id></Othr></Id><Ccy>VND</Ccy></Acct>` +
	`<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">%[5]d</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>%[3]s</Dt></Dt></Bal>` +
	`<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="VND">%[6]d</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>%[3]s</Dt></Dt></Bal>` + "\n"

const statementEntry = `<Ntry><NtryRef>%[1]d</NtryRef><Amt Ccy="VND">%[2]d</Amt><CdtDbtInd>%[3]s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%[4]s</Dt></BookgDt>` +
	`<ValDt><Dt>%[4]s</Dt></ValDt><AcctSvcrRef>BF%010[1]d</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>%[5]s</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>` +
	`<NtryDtls><TxDtls><Refs><AcctSvcrRef>BF%010[1]d</AcctSvcrRef><EndToEndId>%[6]s</EndToEndId></Refs><Amt Ccy="VND">%[2]d</Amt><CdtDbtInd>%[3]s</CdtDbtInd>`

const statementPayee = `<RltdPties><Cdtr><Pty><Nm>%s</Nm></Pty></Cdtr><CdtrAcct><Id><Othr><Id>%s</Id></Othr></Id></CdtrAcct></RltdPties>`

const statementEntryEnd = `<RmtInf><Ustrd>TRO CAP ASXH 02/2026</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>` + "\n"

const statementTail = `</Stmt></BkToCstmrStmt></Document>` + "\n"

// writeStatement writes the next statement, credits, then up to a million debits,
// and forgets them. It returns how many entries that are.
func (b *payingBank) writeStatement(path string, at time.Time) (int, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	paid := b.paid[:min(len(b.paid), statementMax)]
	closing := b.balance
	for _, c := range b.credits {
		closing += c.amount
	}
	for _, p := range paid {
		closing -= p.amount
	}
	b.sequence++
	day := calendar.DateOf(at).String()
	out := bufio.NewWriterSize(file, 1<<20)
	fmt.Fprintf(out, statementHead, b.sequence, at.UTC().Format(time.RFC3339), day, b.account, int64(b.balance), int64(closing))
	for _, c := range b.credits {
		b.refs++
		fmt.Fprintf(out, statementEntry+statementEntryEnd, b.refs, int64(c.amount), "CRDT", day, "RCDT", c.id)
	}
	for _, p := range paid {
		b.refs++
		fmt.Fprintf(out, statementEntry, b.refs, int64(p.amount), "DBIT", day, "ICDT", p.id)
		fmt.Fprintf(out, statementPayee, p.name, p.account)
		fmt.Fprint(out, statementEntryEnd)
	}
	fmt.Fprint(out, statementTail)
	entries := len(b.credits) + len(paid)
	b.balance, b.credits, b.paid = closing, nil, slices.Clone(b.paid[len(paid):])
	if err := out.Flush(); err != nil { // keeps the first error of the writes above
		return 0, err
	}
	return entries, file.Close()
}
