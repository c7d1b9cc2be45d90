package main

import (
	"context"
	"iter"
)

// ahead makes n things and yields them in order. Up to workers of them are being
// made, or wait made, while the caller works on the last; 0 makes each only when
// it is asked for. It returns only when nothing is being made any more.
func ahead[T any](ctx context.Context, n, workers int, one func(int) T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		if workers < 1 {
			for i := 0; i < n && yield(i, one(i)); i++ {
			}
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan chan T, workers-1)
		go func() {
			defer close(queue)
			for i := 0; i < n && ctx.Err() == nil; i++ {
				made := make(chan T, 1)
				go func() { made <- one(i) }()
				select {
				case queue <- made:
				case <-ctx.Done():
					<-made
					return
				}
			}
		}()
		defer func() {
			cancel()
			for made := range queue { // until the makers have ended
				<-made
			}
		}()
		i := 0
		for made := range queue {
			if !yield(i, <-made) {
				return
			}
			i++
		}
	}
}
