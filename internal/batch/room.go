package batch

import "runtime"

// A room bounds what is in hand, in number and in bytes. It has a place for every core and one more; what is large takes several, up to all of them, so that it is alone then. One goroutine
// takes places, any give them back.
type room struct {
	places chan struct{} // that are taken
	each   int64         // bytes
}

func newRoom(bytes int64) room {
	n := runtime.GOMAXPROCS(0) + 1
	return room{make(chan struct{}, n), bytes / int64(n)}
}

// take waits for places for so many bytes and returns how many it took, all of which are to be given back. It is false where it was stopped before.
func (r room) take(stop <-chan struct{}, bytes int64) (places int, ok bool) {
	for want := min(max(int((bytes+r.each-1)/r.each), 1), cap(r.places)); places < want; places++ {
		select {
		case r.places <- struct{}{}:
		case <-stop:
			return places, false
		}
	}
	return places, true
}

func (r room) give(places int) {
	for range places {
		<-r.places
	}
}
