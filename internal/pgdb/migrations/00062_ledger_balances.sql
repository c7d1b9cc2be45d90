-- Why: a balance is the last closed month's plus the vouchers dated after it, which must be found without reading all vouchers of all years.

CREATE INDEX voucher_book_date ON ledger.voucher (book, accounting_date);
