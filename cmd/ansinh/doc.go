// Command ansinh is the one program of An Sinh: it imports lists, plans and
// releases batches, works the dispatch, takes in what banks say, and proves
// where every đồng is.
//
// # The rule
//
// A command only reads flags, puts the parts together (package assembly) and
// prints. Whatever decides about money is below, so that a script, the demo, a
// worker and the simulator cannot decide differently. Exit codes are part of the
// interface: 0 done, 1 refused with reasons, 2 wrong usage.
//
// # The picture
//
//	main ── find command ── flags ── env (data folder or ANSINH_DATABASE_URL)
//	                                  │
//	     list batch payment …  ───────┤  one act, then out
//	     work                  ───────┤  River calls Works.Round again and again
//	     serve                 ───────┤  the API that banks post to, and work
//	     demo                  ───────┘  all of it on invented data, with its own clock
//
// # What this package does not do
//
// It holds no business rule and no SQL about money. Only here may the wall clock
// be read, and a data folder with a clock of its own (the demo's) replaces it.
package main
