package reconciliation_test

import (
	"testing"

	"ansinh/bankadapters"
	"ansinh/internal/money"
	"ansinh/reconciliation"
)

// A bank whose statements we begin to take in the middle of its numbers is
// believed only where it opens at our own book's balance.
func TestFirstStatementInTheMiddleOpensAtOurBook(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opening money.Amount
		want    string
	}{
		"at our balance":      {0, reconciliation.StateTaken},
		"at another's number": {5, reconciliation.StateWaiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, 300_000)
			if r := w.take("A", bankadapters.KindStatement, camt053(w.banks["A"].account, 7, w.day(), tt.opening, tt.opening, "")); r.State != tt.want {
				t.Errorf("statement 7 as the first, opening at %d, is %s, want %s", tt.opening, r.State, tt.want)
			}
		})
	}
}
