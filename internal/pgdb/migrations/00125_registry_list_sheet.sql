-- A workbook may hold one list per sheet. Each is a list of its own, so that every
-- row is told its sheet; the same bytes are then taken once per sheet.
ALTER TABLE registry.list ADD COLUMN sheet text NOT NULL DEFAULT '';
COMMENT ON COLUMN registry.list.sheet IS 'the sheet, where the file holds several lists; else empty';
ALTER TABLE registry.list DROP CONSTRAINT list_programme_unit_code_unit_valid_from_sha256_key;
ALTER TABLE registry.list ADD CONSTRAINT list_once UNIQUE (programme, unit_code, unit_valid_from, sha256, sheet);
