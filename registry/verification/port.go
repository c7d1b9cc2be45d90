package verification

import (
	"context"
	"errors"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/registry"
)

// PersonAnswer is what the register says of a personal id.
type PersonAnswer struct {
	Found   bool
	Name    string
	Birth   registry.Birth
	Sex     registry.Sex
	Dead    bool
	DiedOn  calendar.Date // zero where the register does not say
	Unit    string        // code of the commune of residence
	Version string        // the register's mark of its data
}

// Account is an account at a bank.
type Account struct {
	BIN    string
	Number crypt.Secret
}

// HolderAnswer is what a bank says of an account.
type HolderAnswer struct {
	Found   bool
	Holder  string
	Closed  bool
	Version string
}

// PopulationRegister is the national population database, or one that stands for
// it. Answers come in the order of the questions; an error says nothing about any
// of them. It is never called inside a transaction.
type PopulationRegister interface {
	Person(ctx context.Context, id crypt.Secret) (PersonAnswer, error)
	// People asks about several, at most BulkMax of them.
	People(ctx context.Context, ids []crypt.Secret) ([]PersonAnswer, error)
	BulkMax() int
}

// AccountDirectory says whose an account is, and which account a person named on
// VNeID for welfare.
type AccountDirectory interface {
	Holder(ctx context.Context, account Account) (HolderAnswer, error)
	Holders(ctx context.Context, accounts []Account) ([]HolderAnswer, error)
	// WelfareAccount returns false where the person named none.
	WelfareAccount(ctx context.Context, id crypt.Secret) (Account, bool, error)
	BulkMax() int
}

// Errors a caller may match.
var (
	// ErrUnreachable means that no answer came: the line, a fault at the other side,
	// or the breaker. Asking again later is right.
	ErrUnreachable = errors.New("the other side did not answer")
	// ErrAnswer means an answer nobody can read or that is about something else.
	ErrAnswer = errors.New("the answer cannot be used")
)
