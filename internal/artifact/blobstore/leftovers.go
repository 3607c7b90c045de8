package blobstore

import (
	"os"
	"path/filepath"
	"time"
)

// abandoned is how long nobody writes to a temporary file before it is taken for one whose process died. What is still written or read is far younger.
const abandoned = 24 * time.Hour

// sweep removes the temporary files that processes left behind which were killed: they hold personal data. One that can't be removed is left for the next time.
func (s *Store) sweep(now time.Time) {
	files, err := filepath.Glob(filepath.Join(s.temp, "artifact-*"))
	if err != nil {
		return
	}
	for _, path := range files {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > abandoned {
			_ = os.Remove(path)
		}
	}
}
