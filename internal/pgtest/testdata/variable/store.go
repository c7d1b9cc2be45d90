// Package variable holds statements that are not known from the source.
package variable

import "elsewhere"

var sqlVariable = `SELECT 1`

const sqlElsewhere = elsewhere.Prefix + `SELECT 1`
