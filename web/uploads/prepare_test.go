package uploads_test

import (
	"testing"

	"ansinh/internal/pgtest"
)

func TestEveryQueryPrepares(t *testing.T) { t.Parallel(); pgtest.PrepareAll(t, ".") }
