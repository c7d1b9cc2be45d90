// Package sandbox is a population register and an account directory as others run
// them: with their own book of people, over real HTTP, and not always of our
// opinion.
//
// # The rule
//
// It shares no code with the rest of the project, so it cannot share its mistakes.
// What it says of a person is a pure function of the seed and the person's id: who
// is dead, who moved, whose name is spelt otherwise, which account is closed. It
// writes that down in [World.Truth], which tests compare with what was found.
//
// # The picture
//
//	book of people (CSV) ── seed ──> altered people ──> POST /v1/population/search
//	                          │                          GET  /v1/population/{id}
//	                          └──> Truth                 POST /v1/accounts/search
//	                                                     GET  /v1/welfare/{id}
//	faults of the line: 503 each n-th call, a body cut in the middle, 429 beyond the pace
//
// # What this package does not do
//
// It is no model of the real register's wire, which is not public: field names and
// shapes are ours. It keeps nothing on disk and knows nothing of welfare.
package sandbox
