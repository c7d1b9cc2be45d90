package pgdb_test

import (
	"context"
	"testing"

	"ansinh/internal/pgtest"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

type stepArgs struct{ Batch int64 }

func (stepArgs) Kind() string { return "step" }

type stepWorker struct {
	river.WorkerDefaults[stepArgs]
	worked chan int64
}

func (w stepWorker) Work(ctx context.Context, job *river.Job[stepArgs]) error {
	w.worked <- job.Args.Batch
	return nil
}

// River runs on the engine's pool with the grants and the empty search_path
// that Migrate and Open leave it.
func TestRiverWorksAsTheEngine(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	worked := make(chan int64, 1)
	workers := river.NewWorkers()
	river.AddWorker(workers, stepWorker{worked: worked})
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{
		Schema: "river", Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background() // stopped below, not by the end of the test's context
	if err := client.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Insert(ctx, stepArgs{Batch: 7}, nil); err != nil {
		t.Fatal(err)
	}
	if got := <-worked; got != 7 {
		t.Errorf("worked on batch %d, want 7", got)
	}
	if err := client.Stop(ctx); err != nil {
		t.Error(err)
	}
}
