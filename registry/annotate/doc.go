// Package annotate gives a list back to whoever made it, with what must be mended
// marked in its own cells.
//
// # The rule
//
// The officer's own layout stays: cells, titles, widths and formats are not
// touched. A marked cell gets a fill and a note; a column "Cần sửa" at the end says
// the same in words, so that nothing depends on colour; a first sheet "Tóm tắt"
// counts, links to every cell, or says "Đã đủ, nộp được". A copy that was mended
// and checked again carries the new marks only.
//
// # The picture
//
//	.xlsx ──────────── edited in place ──┐
//	.xls, .csv, large ─ streamed anew ───┴─> FILE-đã-kiểm.xlsx, same password
//
// # What this package does not do
//
// It finds nothing: package registry checks. It corrects nothing: an offered value
// is shown, and a person types it.
package annotate
