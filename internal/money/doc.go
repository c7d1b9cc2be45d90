// Package money counts đồng exactly.
//
// # The rule
//
// An amount is a whole number of đồng, at most [Max] either way. Every sum is
// checked, every rounding is named by its caller, and a text that could mean
// two amounts means none: it is refused with a sentence that says how to write
// it. No float ever touches an amount.
//
// # The picture
//
//	cell typed by a person   "1.000.000"  -- Parse ------+
//	our JSON, a CSV of ours  "1000000"    -- ParseExact --+-->  Amount  --> String "1.000.000"
//	a bank's XML             "1000000.00" -- ParseISO ---+       |  |  --> JSON   "1000000" (a string)
//	                                                             |  |  --> bigint in SQL
//	                    rates: MulRate (rounding named) <-------+  +--> Words "Một triệu đồng chẵn"
//	                    shares: Allocate, Split (lose no đồng)
//
// # What this package does not do
//
// It knows one currency, VND, which has no smaller unit in use. It never
// guesses whether "1.00" is one đồng or a hundred, and never rounds in silence.
package money
