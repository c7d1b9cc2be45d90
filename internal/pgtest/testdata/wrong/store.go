// Package wrong holds statements that PrepareAll must refuse, and three it must not.
package wrong

import "strings"

const columns = `id, at`

const sqlSound = `SELECT ` + columns + ` FROM audit.record WHERE id = @id`

const sqlCopySound = `COPY audit.record (at, actor) FROM STDIN (FORMAT binary)`

const sqlLockSound = `LOCK TABLE audit.record IN SHARE MODE`

const sqlUnknownTable = `SELECT id FROM audit.nothing`

const sqlUnknownColumn = `UPDATE audit.pending SET colour = @colour`

const sqlNotGranted = `DELETE FROM audit.record WHERE id = @id`

const sqlCopyUnknownColumn = `COPY audit.record (at, colour) FROM STDIN`

func local() string {
	const sqlInside = `SELEC 1`
	return strings.ToLower(sqlInside)
}
