package registry

import (
	"context"

	"ansinh/internal/crypt"
	"ansinh/internal/pgdb"
)

// ImportTheLongWay is ImportList without the short way of takeNew.
func ImportTheLongWay(ctx context.Context, db pgdb.DB, keys *crypt.Keys, file File, options ImportOptions) (Result, error) {
	r, err := OpenList(ctx, db, keys, file, options)
	if err != nil {
		return Result{}, err
	}
	r.im.long = true
	return r.Take(ctx, db)
}
