package bench

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"

	"ansinh/internal/pgdb"
	"ansinh/web"
)

// explainer writes the plan of every query that passes through it, as it ran on
// the real data, once for each page; then it lets the query run.
type explainer struct {
	pgdb.DB
	out  io.Writer
	page string
	seen map[string]bool
	err  error
}

func (e *explainer) explain(ctx context.Context, sql string, args []any) {
	if e.err != nil || e.seen[e.page+sql] || !strings.HasPrefix(strings.TrimSpace(strings.ToUpper(sql)), "SELECT") {
		return
	}
	e.seen[e.page+sql] = true
	rows, err := e.DB.Query(ctx, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) "+sql, args...)
	if err != nil {
		e.err = err
		return
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		e.err = fmt.Errorf("plan of a query of %s: %w", e.page, err)
		return
	}
	_, e.err = fmt.Fprintf(e.out, "== %s\n%s\n--\n%s\n\n", e.page, strings.TrimSpace(sql), strings.Join(plan, "\n"))
}

// Query explains and runs.
func (e *explainer) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	e.explain(ctx, sql, args)
	return e.DB.Query(ctx, sql, args...)
}

// QueryRow explains and runs.
func (e *explainer) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	e.explain(ctx, sql, args)
	return e.DB.QueryRow(ctx, sql, args...)
}

// Plans opens every page of the console once and writes the plan of each of its
// queries, with the rows and buffers it read.
func (c *City) Plans(ctx context.Context, out io.Writer) error {
	e := &explainer{DB: c.db, out: out, seen: map[string]bool{}}
	console, err := web.New(web.Config{DB: e, Keys: c.Keys, Now: c.clock, Random: c.Random, Notice: cityNotice})
	if err != nil {
		return err
	}
	cookie, err := c.signIn(ctx, console)
	if err != nil {
		return err
	}
	links, err := c.links(ctx)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, to := range links {
		e.page = to.page
		path := to.path(rng)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		if err != nil {
			return err
		}
		r.AddCookie(cookie)
		a := &answer{header: http.Header{}, status: http.StatusOK}
		console.ServeHTTP(a, r)
		if e.err != nil {
			return e.err
		}
		if a.status != http.StatusOK {
			return fmt.Errorf("%s answered %d", path, a.status)
		}
	}
	return nil
}
