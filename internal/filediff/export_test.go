package filediff

import "rollcall.internal/internal/batch"

// Weak returns o with keys of few bits, so that different people often have one key.
func Weak(o Options) Options {
	o.seed = batch.WeakSeed()
	return o
}
