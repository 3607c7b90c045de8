package inbox

import "time"

// Settings say how long an upload must have been quiet to count as whole.
type Settings struct {
	// Quiet is the time since the last write, rename or change of attributes. Defaults to 60 s.
	Quiet time.Duration
	// TornQuiet is the same where the last record has no line end; where Quiet is longer, that holds. Defaults to 2 min.
	TornQuiet time.Duration
}

// DefaultSettings returns the settings of a deployment.
func DefaultSettings() Settings { return Settings{Quiet: time.Minute, TornQuiet: 2 * time.Minute} }

// Settled reports whether d counts as whole at the time now: it was closed, nobody is writing to its name, its name is not a temporary one, and it has been
// quiet for as long as the settings ask.
func (s Settings) Settled(d Delivery, now time.Time) bool {
	at, ever := s.SettlesAt(d)
	return ever && !d.Writing && !now.Before(at)
}

// SettlesAt returns when d will count as whole if nothing happens to it any more; ever is false where it won't, by its state or name.
func (s Settings) SettlesAt(d Delivery) (at time.Time, ever bool) {
	if d.State != Closed || TemporaryName(d.Name) {
		return time.Time{}, false
	}
	quiet := s.Quiet
	if d.Torn {
		quiet = max(quiet, s.TornQuiet)
	}
	return d.ChangedAt.Add(quiet), true
}

// Torn reports whether a file that ends in tail (its last two bytes, or fewer where it has fewer) may have been cut in its last record: it is not
// empty and has no line end there. The line ends of UTF-16 count, so that such a file is answered as soon as any other.
func Torn(tail []byte) bool {
	n := len(tail)
	if n == 0 {
		return false
	}
	last := tail[n-1]
	if last == 0 && n >= 2 {
		last = tail[n-2]
	}
	return last != '\n' && last != '\r'
}
