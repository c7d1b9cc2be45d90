package crypt

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

func TestSecretMask(t *testing.T) {
	t.Parallel()
	tests := map[Secret]string{
		"":             "",
		"1":            "…",
		"1234567":      "…", // four of seven would be most of it
		"12345678":     "…5678",
		"000136900001": "…0001",
		"Đặng Thị Mẫu": "… Mẫu",
	}
	for secret, want := range tests {
		if got := secret.String(); got != want {
			t.Errorf("Secret(%q).String() = %q, want %q", secret.Reveal(), got, want)
		}
	}
	if got, want := Secret("000136900001").GoString(), `crypt.Secret("…0001")`; got != want {
		t.Errorf("GoString() = %s, want %s", got, want)
	}
}

func TestSecretReadsFromJSON(t *testing.T) {
	t.Parallel()
	var row struct{ ID Secret }
	if err := json.Unmarshal([]byte(`{"ID":"000136900001"}`), &row); err != nil || row.ID.Reveal() != "000136900001" {
		t.Errorf("Unmarshal = %q, %v", row.ID.Reveal(), err)
	}
	if data, err := json.Marshal(row); err != nil || string(data) != `{"ID":"…0001"}` {
		t.Errorf("Marshal = %s, %v; want the mask", data, err)
	}
}

// TestSecretIsNotStored: pgx must neither write the raw value nor, worse for
// whoever needs it later, the mask.
func TestSecretIsNotStored(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	for name, oid := range map[string]uint32{"text": pgtype.TextOID, "varchar": pgtype.VarcharOID, "bytea": pgtype.ByteaOID, "jsonb": pgtype.JSONBOID} {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			data, err := types.Encode(oid, format, Secret("000136900001"), nil)
			if !errors.Is(err, ErrPlain) {
				t.Errorf("encode as %s, format %d: %q, %v; want ErrPlain", name, format, data, err)
			}
		}
	}
}
