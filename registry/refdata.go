package registry

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"
	"time"

	"ansinh/internal/calendar"
)

// The reference data. Origins and licences: data/NOTICE.md.
//
//go:embed data/*.csv
var dataFiles embed.FS

// Unit is a province, commune or ward. Its code alone is not its name: the
// codes of 2024 live on with other meanings, so a unit is (Code, ValidFrom).
type Unit struct {
	Code      string
	ValidFrom calendar.Date
	NameVI    string
	NameEN    string
	Kind      string // "thành phố trực thuộc trung ương", "phường" or "xã"
	Parent    string // code of the unit above, empty for a province
}

// unitsSince is the day on which Hanoi's 126 communes began.
var unitsSince = calendar.Must(2025, 7, 1)

// Units returns the embedded units of Hanoi in force since 2025-07-01: the
// city first, then its 126 communes by code.
func Units() []Unit { return units() }

// Communes returns [Units] without the city.
func Communes() []Unit { return units()[1:] }

var units = sync.OnceValue(func() []Unit {
	var all []Unit
	for _, record := range mustTable("data/units-2025.csv") {
		all = append(all, Unit{
			Code: record["code"], ValidFrom: unitsSince, NameVI: record["name_vi"],
			NameEN: record["name_en"], Kind: record["unit_type"], Parent: record["parent_code"],
		})
	}
	return all
})

// Category is a group of people as the law or a plan names it.
type Category struct {
	Code   string
	NameVI string
	NameEN string
	// Sensitive is 0 (personal data like any other) to 3 (secret: the name of
	// the category alone reveals an illness that nobody may learn of).
	Sensitive int
}

// Categories returns every embedded category by code.
func Categories() []Category { return categories() }

var categories = sync.OnceValue(func() []Category {
	var all []Category
	for _, record := range mustTable("data/categories.csv") {
		level, err := strconv.Atoi(record["sensitive"])
		if err != nil {
			panic(fmt.Sprintf("registry: category %s: %v", record["code"], err))
		}
		all = append(all, Category{
			Code: record["code"], NameVI: record["name_vi"], NameEN: record["name_en"], Sensitive: level,
		})
	}
	return all
})

// knownProvinces holds the birth-registration codes an id may begin with.
var knownProvinces = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for _, record := range mustTable("data/cccd-provinces.csv") {
		known[record["cccd_code"]] = true
	}
	return known
})

// mustTable reads an embedded CSV with a header. Broken embedded data is a
// fault of ours that every test would meet, so it stops the program.
func mustTable(name string) []map[string]string {
	file, err := dataFiles.Open(name)
	if err != nil {
		panic(fmt.Sprintf("registry: %v", err))
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("registry: %s: %v", name, err))
	}
	table := make([]map[string]string, 0, len(records)-1)
	for _, record := range records[1:] {
		row := make(map[string]string, len(record))
		for i, heading := range records[0] {
			row[heading] = record[i]
		}
		table = append(table, row)
	}
	return table
}

// dateUTC gives a date the shape arrays and COPY of dates take.
func dateUTC(d calendar.Date) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC)
}
