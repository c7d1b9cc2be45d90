package people_test

import (
	"context"
	"testing"

	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgtest"
	"ansinh/payout"
	"ansinh/registry/people"
)

// A superuser who drops the guards and changes a sealed act is named by the walk.
func TestATamperedActIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		tamper string
		want   int64 // faults
	}{
		"nobody touched anything":         {`SELECT 1`, 0},
		"another name":                    {`UPDATE registry.act SET content = replace(content, 'Mẫu', 'Khác') WHERE kind = 'name'`, 1},
		"another day of death":            {`UPDATE registry.act SET valid_from = valid_from + 1 WHERE kind = 'death'`, 1},
		"another person":                  {`UPDATE registry.act SET person = 2 WHERE kind = 'name'`, 1},
		"act and text alike":              {`WITH a AS (UPDATE registry.act SET why = 'khác' WHERE kind = 'name' RETURNING id) UPDATE registry.act_decision AS d SET text = replace(d.text, 'giấy tờ của người dân', 'khác') FROM a WHERE d.act = a.id`, 1},
		"in the maker's own name":         {`UPDATE registry.act_decision SET by_two = 'lan'`, 2},
		"in the name of another signer":   {`UPDATE registry.act_decision SET by_two = 'hung'`, 2},
		"in the name of nobody we know":   {`UPDATE registry.act_decision SET by_two = 'ai-do'`, 2},
		"applied without a second person": {`UPDATE registry.act_decision SET by_two = '', seal = NULL`, 2},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			p, q := h.banked(1, "Nguyễn Văn Mau", accountOf(1)), h.banked(2, "Lê Văn Thử", accountOf(2))
			h.done(p, people.NameIs{Name: "Nguyễn Văn Mẫu"}, calendar.Date{})
			h.refuse(h.propose(q, people.Died{}, calendar.Date{}), "nhầm người")
			h.done(q, people.Joins{Head: true}, calendar.Date{}) // one person: no seal is due
			super := pgtest.Superuser(t, h.db)
			for _, sql := range []string{`ALTER TABLE registry.act DISABLE TRIGGER ALL`, `ALTER TABLE registry.act_decision DISABLE TRIGGER ALL`,
				tc.tamper + untouched(tc.tamper)} {
				if _, err := super.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			pgtest.ExpectBroken(t, h.db)
			checked, faults, err := people.CheckSeals(t.Context(), h.db, func(ctx context.Context, id string) (crypt.PublicKey, error) {
				s, err := payout.ReadSigner(ctx, h.db, id)
				return s.Public, err
			})
			if err != nil || checked != 2 || int64(len(faults)) != tc.want {
				t.Errorf("checked %d, faults %+v, %v; want 2 checked, %d faults", checked, faults, err, tc.want)
			}
		})
	}
}

// untouched leaves decisions of one person as they are.
func untouched(tamper string) string {
	if len(tamper) > 30 && tamper[:28] == "UPDATE registry.act_decision" {
		return ` WHERE seal IS NOT NULL`
	}
	return ""
}
