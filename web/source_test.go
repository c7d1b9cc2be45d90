package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestSourceIsNotWhatTheVisitorSays(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		secure    bool
		forwarded string
		want      string
	}{
		"on this machine a header counts for nothing": {false, "10.0.0.9", "192.0.2.1"},
		"behind HTTPS the last address counts":        {true, "1.2.3.4, 10.0.0.9", "10.0.0.9"},
		"behind HTTPS without a header":               {true, "", "192.0.2.1"},
		"behind HTTPS with rubbish":                   {true, "ai đó", "192.0.2.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/signin", nil)
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			v := &visit{site: &site{Config: Config{Secure: tt.secure}}, r: r}
			if got := v.source(); got != tt.want {
				t.Errorf("source = %s, want %s", got, tt.want)
			}
		})
	}
}
