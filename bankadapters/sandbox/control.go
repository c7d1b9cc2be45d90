package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// controlRoutes is docs/BANKS.md §12: what moves the sandbox from outside.
func (w *World) controlRoutes() map[string]route {
	return map[string]route{
		"POST /control/clock": func(r *request) reply {
			var q struct {
				Now time.Time `json:"now"`
			}
			return controlled(r, &q, func() error { return w.SetNow(q.Now) })
		},
		"POST /control/account": func(r *request) reply {
			var q Account
			return controlled(r, &q, func() error { return w.OpenAccount(q) })
		},
		"POST /control/fund": func(r *request) reply {
			var q struct {
				Bank      string `json:"bank"`
				Account   string `json:"account"`
				Amount    int64  `json:"amount,string"`
				Reference string `json:"reference"`
			}
			return controlled(r, &q, func() error { return w.Fund(q.Bank, q.Account, q.Amount, q.Reference) })
		},
		"POST /control/close-day": func(r *request) reply {
			var q bankDate
			return controlled(r, &q, func() error { return w.CloseDay(q.Bank, q.Date) })
		},
		"POST /control/withdrawals": func(r *request) reply {
			var q bankDate
			return controlled(r, &q, func() error { return w.Withdrawals(q.Bank, q.Date) })
		},
		"POST /control/stray": func(r *request) reply {
			var q Stray
			return controlled(r, &q, func() error { return w.Stray(q) })
		},
		"POST /control/script": func(r *request) reply {
			var q Script
			return controlled(r, &q, func() error { return w.AddScript("", q) })
		},
		"POST /control/deliver": w.controlDeliver,
		"GET /control/payments": w.controlPayments,
		"GET /control/book": func(r *request) reply {
			book, err := w.Book(r.URL.Query().Get("bank"))
			if err != nil {
				return controlError(err)
			}
			return jsonReply(http.StatusOK, book)
		},
	}
}

type bankDate struct {
	Bank string `json:"bank"`
	Date string `json:"date"`
}

func controlled(r *request, question any, do func() error) reply {
	if err := json.Unmarshal(r.body, question); err != nil {
		return errorReply(http.StatusBadRequest, "unreadable: "+err.Error())
	}
	if err := do(); err != nil {
		return controlError(err)
	}
	return jsonReply(http.StatusOK, map[string]bool{"ok": true})
}

func controlError(err error) reply {
	if errors.Is(err, ErrUnknownBank) || errors.Is(err, ErrUnknownAccount) {
		return errorReply(http.StatusNotFound, err.Error())
	}
	return errorReply(http.StatusBadRequest, err.Error())
}

func (w *World) controlDeliver(r *request) reply {
	var q struct {
		Bank     string `json:"bank"`
		Callback string `json:"callback"`
	}
	if err := json.Unmarshal(r.body, &q); err != nil || q.Callback == "" {
		return errorReply(http.StatusBadRequest, "callback is needed")
	}
	d, err := w.Deliver(r.Context(), q.Bank, q.Callback, nil)
	if err != nil {
		return controlError(err)
	}
	return jsonReply(http.StatusOK, d)
}

// paymentsPage is how many payments one answer holds.
const paymentsPage = 20_000

// controlPayments answers with a page of a bank's payments: whoever compares
// needs neither the whole book nor its memory.
func (w *World) controlPayments(r *request) reply {
	after, err := strconv.Atoi(r.URL.Query().Get("after"))
	if err != nil || after < 0 {
		return errorReply(http.StatusBadRequest, "after is needed: how many payments were read")
	}
	page, n := make([]BookPayment, 0, paymentsPage), 0
	err = w.EachPayment(r.URL.Query().Get("bank"), func(p BookPayment) {
		if n++; n > after && len(page) < paymentsPage {
			page = append(page, p)
		}
	})
	if err != nil {
		return controlError(err)
	}
	return jsonReply(http.StatusOK, map[string]any{"payments": page, "all": n})
}
