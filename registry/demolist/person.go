package demolist

import (
	"fmt"
	"math/rand/v2"

	"ansinh/internal/vntext"
)

// year is the year of the gifts, from which ages are counted.
const year = 2026

// gift is a category of the Tet gifts with what the plan of the city says it
// is worth, as printed in the amount column.
type gift struct {
	code   string
	title  string
	amount int64
	// share is our guess, in thousandths of all people.
	share int
	// The years of birth its people have.
	bornFrom, bornTo int
}

var gifts = []gift{
	{"TET-HN-2026-04", "Hưu trí, mất sức", 300_000, 520, 1926, 1966},
	{"TET-HN-2026-01", "Người có công", 2_000_000, 59, 1922, 1960},
	{"TET-HN-2026-02", "Con đẻ người nhiễm chất độc hóa học", 1_000_000, 19, 1970, 2005},
	{"TET-HN-2026-03", "Lao động đặc biệt khó khăn", 500_000, 402, 1966, 2007},
}

// pensioner is the index in gifts of those paid through social insurance.
const pensioner = 0

type method int

const (
	byAccount method = iota
	byBHXH
	byCash
	byHome
)

// person is one invented human being.
type person struct {
	serial    int // within the unit, from 0
	name      string
	female    bool
	born      int // year
	month     int // 0 = only the year is known
	day       int
	id        string
	phone     string
	group     int
	gift      int // index in gifts
	also      int // index of a second gift, 0 = none
	method    method
	bank      int // 0…4
	account   string
	decision  int
	dateStyle int
	defect    defect
}

// idsPerUnit is how many ids of one sex and birth year a unit can give out:
// 126 units share the million that six digits hold.
const idsPerUnit = 7936

// each gives the unit's people one after another, always the same.
func (u Unit) each(fn func(p person) error) error {
	rng := rand.New(rand.NewPCG(u.seed, u.number+1))
	var given [4][100]int // ids handed out by century-and-sex digit and year
	for serial := range u.People {
		p := person{serial: serial}
		p.gift = pick(rng)
		g := gifts[p.gift]
		p.female = rng.IntN(2) == 0
		p.born = g.bornFrom + rng.IntN(g.bornTo-g.bornFrom+1)
		p.name = inventName(rng, p.female)
		p.dateStyle = rng.IntN(10)
		if p.dateStyle != 0 { // one in ten knows only the year
			p.month, p.day = 1+rng.IntN(12), 1+rng.IntN(28)
		}
		digit := 2 * ((p.born - 1900) / 100)
		if p.female {
			digit++
		}
		n := given[digit][p.born%100]
		if n >= idsPerUnit {
			return fmt.Errorf("unit %s: more than %d people of one birth year", u.Code, idsPerUnit)
		}
		given[digit][p.born%100]++
		p.id = fmt.Sprintf("000%d%02d%06d", digit, p.born%100, int(u.number)*idsPerUnit+n)
		p.phone = fmt.Sprintf("0000%06d", rng.IntN(1_000_000))
		p.group = 1 + rng.IntN(12)
		p.decision = 1 + rng.IntN(400)
		p.bank = pickBank(rng)
		p.account = fmt.Sprintf("00%d%03d%07d", p.bank+1, u.number, serial+1)
		p.method = u.pickMethod(rng, p.gift)
		if p.gift == 1 && rng.IntN(200) == 0 {
			p.also = 3
		}
		if roll := rng.IntN(100); roll == 0 {
			p.defect = pickDefect(rng, p)
		}
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

func pick(rng *rand.Rand) int {
	roll := rng.IntN(1000)
	for i, g := range gifts {
		if roll -= g.share; roll < 0 {
			return i
		}
	}
	return len(gifts) - 1
}

// pickBank gives the five banks 35, 25, 20, 12 and 8 of a hundred.
func pickBank(rng *rand.Rand) int {
	roll := rng.IntN(100)
	for i, limit := range []int{35, 60, 80, 92} {
		if roll < limit {
			return i
		}
	}
	return 4
}

func (u Unit) pickMethod(rng *rand.Rand, gift int) method {
	roll := rng.IntN(100)
	switch {
	case gift == pensioner:
		return byBHXH
	case u.Cash || roll >= 85 && roll < 98:
		return byCash
	case roll >= 98:
		return byHome
	default:
		return byAccount
	}
}

// longevity returns the category for a round age reached in the year, or "".
func (p person) longevity() (code string, amount int64) {
	switch age := year - p.born; {
	case age > 100:
		return "TET-HN-2026-06", 1_200_000
	case age == 100:
		return "TET-HN-2026-05", 1_500_000
	case age == 90, age == 95:
		return "TET-HN-2026-07", 1_000_000
	case age == 70, age == 75, age == 80, age == 85:
		return "TET-HN-2026-08", 700_000
	default:
		return "", 0
	}
}

// holder is the account's holder as banks print it.
func (p person) holder() string { return vntext.BankASCII(p.name, 70) }

var (
	surnames    = []string{"Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương", "Lý", "Công"}
	middlesMale = []string{"Văn", "Đức", "Quang", "Hữu", "Xuân", "Minh", "Đình", "Bá"}
	middlesFem  = []string{"Thị", "Thị Ngọc", "Thị Thanh", "Thị Bích", "Thu", "Thị Kim", "Thị Hồng", "Thị"}
	givenMale   = []string{"Mẫu", "Thử", "Giả", "Bình", "Hòa", "Dũng", "Khởi", "Lượng", "Nghĩa", "Quyết", "Sơn", "Tùng", "Vinh", "Thắng", "Long", "Phúc"}
	givenFem    = []string{"Mẫu", "Hoa", "Thủy", "Mận", "Thuý", "Yến", "Lý", "Phượng", "Ngân", "Huệ", "Tuyết", "Hương", "Lan", "Đào", "Nhung", "Quỳnh"}
)

func inventName(rng *rand.Rand, female bool) string {
	middles, given := middlesMale, givenMale
	if female {
		middles, given = middlesFem, givenFem
	}
	return surnames[rng.IntN(len(surnames))] + " " + middles[rng.IntN(len(middles))] + " " + given[rng.IntN(len(given))]
}
