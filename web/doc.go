// Package web is the console: pages for officers, approvers, accountants,
// department, auditors and operators.
//
// # The rule
//
// A page shows what is so and asks one thing; it decides nothing about money.
// Every act is a call into payout or reconciliation, whose refusals are shown in
// their own words. What may not be done is said in words where the button would
// stand. Everything works without scripts.
//
// # The picture
//
//	request ──> guard: headers, language, session, CSRF token, role
//	              └──> handler(*visit) error
//	                     reads:  web/records   (one bounded query each)
//	                     acts:   payout, reconciliation  (in their transactions)
//	                     answer: v.show(page, data) | v.seeOther(path, done)
//	              └──> fail(visit, error): the only place where an error becomes a page
//
// Templates hold no words: messages/vi.txt and messages/en.txt do. A new page is
// a template, a row in a routes function, its words in both files, and a story
// in a stories function; tests fail for what is missing.
//
// # What this package does not do
//
// It knows no business rule and no bank, never imports the API's handlers (one
// is handed in), reads no clock, and shows no full identity or account number
// unless a person says why and the audit chain has it first.
package web
