package assembly

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"ansinh/bankadapters"
	"ansinh/bankadapters/withdrawals"
	"ansinh/internal/errs"
	"ansinh/ledger"
	"ansinh/reconciliation"
	"ansinh/timeliness"
	"ansinh/web/api"
)

// API is the HTTP side that banks and providers post their files to. Their keys
// are those of the endpoints.
func (w *Works) API() http.Handler {
	keys := map[string]api.BankKey{}
	for key, end := range w.config.Endpoints {
		keys[end.KeyID] = api.BankKey{Channel: key, Secret: end.Key}
	}
	mux := http.NewServeMux()
	mux.Handle("/api/v1/settlements", &api.Settlements{
		Key: func(id string) (api.BankKey, bool) { k, ok := keys[id]; return k, ok },
		Remember: func(ctx context.Context, keyID, nonce string, now time.Time) error {
			return reconciliation.RememberNonce(ctx, w.DB, keyID, nonce, now)
		},
		Take:  func(ctx context.Context, in reconciliation.FileIn) (any, error) { return w.Reconciler.Intake(ctx, in) },
		Kinds: map[bankadapters.Kind]api.Take{bankadapters.KindWithdrawals: w.takeWithdrawals},
		Head: func(ctx context.Context) (string, error) {
			head, err := ledger.ReadHead(ctx, w.DB)
			return head.String(), err
		},
		Now: w.config.Now, Spool: w.config.Spool, Log: w.config.Log,
	})
	return mux
}

// withdrawalBytesMax bounds a withdrawal file: a million rows take less.
const withdrawalBytesMax = 256 << 20

// takeWithdrawals gives a withdrawal file to timeliness and puts its refusal
// into words for the bank.
func (w *Works) takeWithdrawals(ctx context.Context, in reconciliation.FileIn) (any, error) {
	content, err := io.ReadAll(io.LimitReader(in.Body, withdrawalBytesMax))
	if err != nil {
		return nil, fmt.Errorf("withdrawal file of %s: %w", in.Channel, err)
	}
	receipt, err := timeliness.TakeFile(ctx, w.DB, w.Engine.Origin, timeliness.File{Channel: in.Channel, Name: in.Name, SHA256: sha256.Sum256(content),
		Reader: timeliness.FromBank(in.Channel, withdrawals.NewReader(bytes.NewReader(content))), TakenBy: in.KeyID, Now: in.At})
	var wrong *bankadapters.FileError
	if errors.As(err, &wrong) {
		return nil, errs.Coded(errs.Invalid, wrong.Code, fmt.Sprintf("Tệp rút tiền sai ở dòng %d: đề nghị gửi lại. / %v", wrong.Line, wrong), err)
	}
	return receipt, err
}
