package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"ansinh/bankadapters"
	"ansinh/internal/audit"
	"ansinh/internal/calendar"
	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
	"ansinh/payout"
	"ansinh/registry"
)

// CityOptions sizes a city: people with a payment in each batch, loaded as an
// invented installation would hold them after its payments went every way there
// is. Money moves through the ledger's own functions, so every guard is on.
type CityOptions struct {
	People  int // payments of each batch
	Batches int
	Workers int              // batches loaded at once; 0 = one
	Now     func() time.Time // for progress only; the city's days are fixed
	Random  io.Reader        // for the encryption of the people's ids
	Keys    *crypt.Keys
	Log     io.Writer // nil: say nothing
}

// City is a loaded city.
type City struct {
	CityOptions
	Book    ledger.BookID
	Batch   []ledger.BatchID
	db      *pgxpool.Pool
	origin  payout.Origin
	day     calendar.Date
	runs    []cityRun
	files   int64
	message int64

	worker   int // which of the workers that load it this is
	visitors int // accounts opened to look at it
}

// cityRun is the payments of one commune and channel, the same in every batch.
type cityRun struct {
	section  int16
	unit     registry.Unit
	channel  int // index into cityChannels
	from, to int64
}

// cityChannels are the demo's channels with their share of the payments in percent.
var cityChannels = []struct {
	key   bankadapters.Key
	bank  bool
	share int64
}{{"A", true, 20}, {"B", true, 10}, {"C", true, 10}, {"D", true, 5}, {"E", true, 5}, {"P1", false, 40}, {"P2", false, 10}}

// cityChunk is how many payments a submission holds.
const cityChunk = 10_000

const cityProgramme = "TET26"

// cityAmount is what payment n is owed; the statements below say the same in SQL.
func cityAmount(n int64) int64 { return 300_000 + 50_000*(n%7) }

// LoadCity fills an empty migrated database.
func LoadCity(ctx context.Context, db *pgxpool.Pool, o CityOptions) (*City, error) {
	c := &City{CityOptions: o, db: db, day: calendar.Must(2026, 2, 2)}
	c.plan()
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	if err := c.people(ctx); err != nil {
		return nil, err
	}
	if err := c.fill(ctx); err != nil {
		return nil, err
	}
	if _, _, err := ledger.Seal(ctx, db, c.day.AddDays(9).At(18, 0)); err != nil {
		return nil, err
	}
	for {
		n, err := audit.Seal(ctx, db, 10_000)
		if n == 0 || err != nil {
			return c, err
		}
	}
}

// workerNumbers is how many files and messages one worker can number.
const workerNumbers = 1_000_000_000

// fill loads the batches, several at once if there are workers. Each worker has a
// copy of the city, to number its own files and messages.
func (c *City) fill(ctx context.Context) error {
	first := ledger.BatchID(14_000)
	if c.People >= 100_000 {
		first = ledger.LargeFirst
	}
	for i := range c.Batches {
		c.Batch = append(c.Batch, first+ledger.BatchID(i))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for w := range max(1, c.Workers) {
		mine := *c
		mine.worker, mine.files, mine.message = w, int64(w)*workerNumbers, int64(w)*workerNumbers
		workers.Go(func() {
			for i := range next {
				if err := mine.batch(ctx, i); err != nil {
					stop(err)
					return
				}
				c.say("batch %d of %d", i+1, c.Batches)
			}
		})
	}
	for i := range c.Batches {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	c.files, c.message = int64(max(1, c.Workers))*workerNumbers, int64(max(1, c.Workers))*workerNumbers
	return context.Cause(ctx)
}

func (c *City) say(format string, args ...any) {
	if c.Log != nil {
		fmt.Fprintf(c.Log, format+"\n", args...)
	}
}

// plan divides the people among communes and channels.
func (c *City) plan() {
	communes := registry.Communes()
	n := int64(1)
	for i, u := range communes {
		size := int64(c.People)*int64(i+1)/int64(len(communes)) - int64(c.People)*int64(i)/int64(len(communes))
		share := int64(0)
		for k, ch := range cityChannels {
			before := size * share / 100
			share += ch.share
			if count := size*share/100 - before; count > 0 {
				c.runs = append(c.runs, cityRun{section: int16(i + 1), unit: u, channel: k, from: n, to: n + count - 1})
				n += count
			}
		}
	}
}

func (c *City) open(ctx context.Context) error {
	now := c.day.AddDays(-30).At(8, 0)
	return pgdb.InTx(ctx, c.db, func(ctx context.Context, tx pgx.Tx) error {
		if err := registry.Prepare(ctx, tx, true, now); err != nil {
			return err
		}
		var err error
		if c.origin, err = payout.Install(ctx, tx, "TST", now); err != nil {
			return err
		}
		book, err := ledger.OpenBook(ctx, tx, "9990001", "Sở Nội vụ Mẫu", now)
		if err != nil {
			return err
		}
		c.Book = book.ID
		schemes, err := payout.Schemes()
		if err != nil {
			return err
		}
		for _, s := range schemes {
			if err := payout.AddScheme(ctx, tx, s); err != nil {
				return err
			}
		}
		for i, p := range bankadapters.DemoProfiles() {
			ch := payout.Channel{Key: p.Key, Ordinal: int16(i + 1), Kind: "bank", NameVI: p.NameVI, BIN: p.BIN, Default: p.Key == "A", Profile: p}
			if p.BIN == "" {
				ch.Kind, ch.Provider = "provider", string(p.Key)
			}
			own := []payout.PayingAccount{{Book: book.ID, Account: fmt.Sprintf("9990001%03d", i+1), Name: "SO NOI VU MAU"}}
			if err := payout.AddChannel(ctx, tx, ch, own, now); err != nil {
				return err
			}
			role := ledger.RoleFunds
			if ch.Kind == "provider" {
				role = ledger.RoleProvider
			}
			_, err := ledger.Move(ctx, tx, ledger.Voucher{Key: "funds/" + string(p.Key), Book: book.ID, PostingSet: ledger.EntrustedState, Kind: "drawn",
				AccountingDate: c.day.AddDays(-20), PostedAt: now, Text: "Rút dự toán cho " + p.NameVI, Cause: int64(i + 1)},
				[]ledger.Entry{{Debit: ledger.SlotFor(role, ledger.Place(p.Key), cityProgramme), Credit: ledger.SlotFor(ledger.RoleBudget, "", cityProgramme),
					Amount: 90_000_000_000_000}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// knownPeople have ids and phones that can be searched; the others' blind
// indexes are as long and as unlike each other, but nobody's.
const knownPeople = 200

// CityID is the personal id of one of the first 200 people.
func CityID(person int64) crypt.Secret { return crypt.Secret(fmt.Sprintf("00003%07d", person)) }

// CityPhone is the phone of one of the first 200 people.
func CityPhone(person int64) crypt.Secret { return crypt.Secret(fmt.Sprintf("09%08d", person)) }

const sqlCityPeople = `
INSERT INTO registry.person (id, id_index, id_enc, name, name_fold, birth_date, birth_year, birth_precision, sex, phone_enc, phone_index,
       unit_code, unit_valid_from, residential_group, address, first_list, created_at, changed_at)
SELECT n, substr(sha256(('id' || n)::bytea), 1, 16), 'x', w.name || ' ' || n % 1000, w.fold || ' ' || n % 1000, NULL, 1930 + n % 60, 'year',
       CASE WHEN n % 2 = 0 THEN 'F' ELSE 'M' END, 'x', substr(sha256(('phone' || n)::bytea), 1, 16),
       r.unit, r.since, '', '', 1, @now, @now
  FROM unnest(@units::text[], @sinces::date[], @froms::bigint[], @tos::bigint[]) AS r (unit, since, first, last)
 CROSS JOIN LATERAL generate_series(greatest(r.first, @known + 1), r.last) AS n
 CROSS JOIN LATERAL (SELECT (ARRAY['Nguyễn Thị Mẫu', 'Trần Văn Thử', 'Lê Thị Ví Dụ', 'Phạm Văn Giả'])[1 + n % 4] AS name,
                            (ARRAY['nguyen thi mau', 'tran van thu', 'le thi vi du', 'pham van gia'])[1 + n % 4] AS fold) AS w`

const sqlCityKnown = `
INSERT INTO registry.person (id, id_index, id_enc, name, name_fold, birth_date, birth_year, birth_precision, sex, phone_enc, phone_index,
       unit_code, unit_valid_from, residential_group, address, first_list, created_at, changed_at)
VALUES (@id, @id_index, @id_enc, @name, @fold, NULL, @born, 'year', 'F', @phone_enc, @phone_index, @unit, @since, '', '', 1, @now, @now)`

func (c *City) people(ctx context.Context) error {
	var units []string
	var sinces []time.Time
	var froms, tos []int64
	for _, r := range c.runs {
		units, sinces = append(units, r.unit.Code), append(sinces, r.unit.ValidFrom.Start().Add(7*time.Hour))
		froms, tos = append(froms, r.from), append(tos, r.to)
	}
	now := c.day.AddDays(-25).At(9, 0)
	_, err := c.db.Exec(ctx, sqlCityPeople, pgx.NamedArgs{"units": units, "sinces": sinces, "froms": froms, "tos": tos, "known": knownPeople, "now": now})
	if err != nil {
		return fmt.Errorf("people of the city: %w", err)
	}
	for n := int64(1); n <= min(knownPeople, int64(c.People)); n++ {
		idIndex, phoneIndex := c.Keys.Index(crypt.FieldID, CityID(n)), c.Keys.Index(crypt.FieldPhone, CityPhone(n))
		idEnc, err := c.Keys.Encrypt(c.Random, crypt.Place{Column: "id", Row: fmt.Sprintf("%x", idIndex)}, CityID(n))
		if err != nil {
			return err
		}
		phoneEnc, err := c.Keys.Encrypt(c.Random, crypt.Place{Column: "phone", Row: fmt.Sprintf("%x", phoneIndex)}, CityPhone(n))
		if err != nil {
			return err
		}
		at := c.runOf(n)
		_, err = c.db.Exec(ctx, sqlCityKnown, pgx.NamedArgs{"id": n, "id_index": idIndex, "id_enc": idEnc, "name": fmt.Sprintf("Hoàng Thị Mẫu %d", n%40),
			"fold": fmt.Sprintf("hoang thi mau %d", n%40), "born": 1935 + n%40, "phone_enc": phoneEnc, "phone_index": phoneIndex, "unit": at.unit.Code,
			"since": at.unit.ValidFrom, "now": now})
		if err != nil {
			return fmt.Errorf("known people of the city: %w", err)
		}
	}
	return nil
}

func (c *City) runOf(n int64) cityRun {
	for _, r := range c.runs {
		if n <= r.to {
			return r
		}
	}
	return c.runs[len(c.runs)-1]
}

func digestOf(format string, args ...any) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	return sum[:]
}
