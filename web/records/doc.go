// Package records reads what the console shows: one query for each list, one
// struct for each row.
//
// # The rule
//
// A page never scans. A list is a walk along one index from where the last page
// ended, 50 rows at a time; what is shown beside a row is looked up by key for
// those rows alone. A count is a count of at most [CountMax] rows and says when
// it stopped. Tests ask the planner, with custom and with generic plans, and
// fail for a sequential scan of a table that grows with payments.
//
// # The picture
//
//	ledger | payout | reconciliation | timeliness | filing | audit
//	                          |
//	       records: Banks, Doubts, Breaks, Account, Voucher, …  -->  web: pages, CSV
//
// # What this package does not do
//
// It writes nothing, decides nothing and opens no encrypted value; personal ids,
// phones and account numbers leave it masked or not at all. That a person was
// looked up is recorded by the page that asked.
package records
