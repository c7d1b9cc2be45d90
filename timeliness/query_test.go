package timeliness_test

import (
	"testing"

	"ansinh/internal/pgtest"
)

func TestEveryQueryPrepares(t *testing.T) {
	t.Parallel()
	pgtest.PrepareAll(t, ".")
}

func TestRecordsAreAppendOnly(t *testing.T) {
	t.Parallel()
	pgtest.CheckAppendOnly(t, pgtest.DB(t), "timeliness.file", "timeliness.coverage", "timeliness.event", "timeliness.set_aside")
}
