// Package reports writes the workbooks that a responsible department, the
// Treasury and an auditor file.
//
// # The rule
//
// Every figure of a report is read in one snapshot of the database, every total
// stands beside the ledger's own figure and their difference, and the same
// input gives the same bytes. Nothing that names an illness or another sensitive
// category is read here, but for the changes of a list, which show a category as far
// as the reader may see it; no account number and no id is printed whole.
//
// # The picture
//
//	one snapshot: ledger head | states by commune | payments | breaks | waiting times
//	                   |
//	WriteBatch --> Bìa | Tổng hợp theo xã | Chi tiết | Khoản lệch | Thời gian nhận tiền | Ghi chú
//	                   |
//	              one file, or several by commune above 500,000 payments
//
//	one snapshot: a list's changes --> WriteChanges --> Bìa | Tăng, giảm
//
// Control constants come from the ledger's lines and the sealed sections; the
// rows come from the approved payments. The formulas of the workbook compare the
// two, and the values stored with the formulas are the sums of what was really
// written, so a workbook shows a difference even where nothing recalculates.
//
// # What this package does not do
//
// It changes nothing, decides nothing and keeps no money. It does not sign: the
// signature blocks are for people. Protection of sheets prevents slips and is
// not security; the SHA-256 returned with each file is.
package reports
