// Package demolist writes the commune workbooks of the demo: invented people in
// the real communes of Hanoi, laid out as communes lay out their lists.
//
// # The rule
//
// The same seed and number of people give the same bytes, and the writer knows
// the truth about every row: how many are sound, what they add up to, which are
// defective and by which finding the intake must refuse them. It imports nothing
// of the intake, so that a fault there cannot hide here.
//
// # The picture
//
//	Make(seed, people, places) ── Plan ── Unit ── WriteTet ──────> .xlsx, Truth
//	                                          └── WriteLongevity ─> .xlsx, Truth
//	Seeded(seed, faults, people) ── Write ──> .xlsx; Changes(seed, faults) ── Write ──> the month after
//
// People are a function of (seed, unit, serial): nothing is kept, so 1,165,878
// of them cost no memory. The shares of categories are our guess, chosen so that
// the average gift comes near the published one; only "pensioners more than
// half" is a fact.
//
// # What this package does not do
//
// No real person, id or account: ids begin with 000, banks are Ngân hàng Mẫu
// A…E, every sheet says DỮ LIỆU GIẢ LẬP.
package demolist
