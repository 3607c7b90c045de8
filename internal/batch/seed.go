package batch

import "github.com/zeebo/xxh3"

// Next returns another seed: that of a comparison which is repeated because two keys had one hash under s. It is never a weak one.
func (s Seed) Next() Seed {
	s = (s + 1) * 0x9E3779B97F4A7C15
	s ^= s >> 29
	if s>>52 == weak>>52 {
		s ^= 1 << 63
	}
	return s
}

// WeakSeed returns a seed under which keys have only four bits, so that different keys often have one hash. It is for tests of what happens then; nobody else makes one but by an accident
// of one in four thousand, which costs a repeated comparison and nothing else.
func WeakSeed() Seed { return weak }

// SeedOf returns the seed of whatever has that name, a tenant: keys that have one hash in one tenant's files have two in another's. It is never a weak one.
func SeedOf(name string) Seed { return Seed(xxh3.HashString(name)).Next() }
