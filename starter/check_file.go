package main

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"rollcall.internal/internal/roster"
)

// A checkedFile is the roster that is checked. What is read of it moves the progress on.
type checkedFile struct {
	path     string // "-" for stdin
	in       io.Reader
	file     *os.File    // nil for a stream of which nothing more is known
	info     os.FileInfo // of the file as it was opened
	size     int64       // 0 where it isn't known
	progress *checkProgress
}

// openChecked opens the file that a check was asked for.
func openChecked(cmd *cobra.Command, path string) (*checkedFile, error) {
	if path == "-" {
		return &checkedFile{path: path, in: cmd.InOrStdin()}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	c := &checkedFile{path: path, in: file, file: file}
	if c.info, err = file.Stat(); err == nil && c.info.IsDir() {
		err = usage("%s is a folder", path)
	}
	if err != nil {
		file.Close()
		return nil, unreadable(path, err)
	}
	if c.info.Mode().IsRegular() {
		c.size = c.info.Size()
	}
	return c, nil
}

// Close gives the file back.
func (c *checkedFile) Close() error {
	if c.file == nil {
		return nil
	}
	return c.file.Close()
}

// name is what the file is called, by which its date is known; "" where it has no name.
func (c *checkedFile) name() string {
	if c.file == nil {
		return ""
	}
	return filepath.Base(c.path)
}

// told is the file's name as an answer has it.
func (c *checkedFile) told() string {
	if c.file == nil {
		return c.path
	}
	return c.name()
}

// Read implements io.Reader.
func (c *checkedFile) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.progress.add(n)
	return n, err
}

// ReadAt implements io.ReaderAt.
func (c *checkedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.file.ReadAt(p, off)
	c.progress.add(n)
	return n, err
}

// changed reports whether the file is another one than it was when it was opened. Of a pipe nobody can tell.
func (c *checkedFile) changed() bool {
	if c.file == nil || !c.info.Mode().IsRegular() {
		return false
	}
	now, err := c.file.Stat()
	return err != nil || now.Size() != c.info.Size() || !now.ModTime().Equal(c.info.ModTime())
}

// worthABar is the size from which reading a file takes long enough for somebody to wonder.
const worthABar = 8 << 20

// A checkProgress shows on a terminal how much of a file was read. A nil one shows nothing.
type checkProgress struct{ bar *progressbar.ProgressBar }

// newCheckProgress returns nil where nobody looks, or where there is too little to look at.
func newCheckProgress(prose io.Writer, bytes int64, locale string) *checkProgress {
	if bytes < worthABar || !isTerminal(prose) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	says := "reading"
	if locale == roster.FrCA {
		says = "lecture"
	}
	return &checkProgress{bar: progressbar.NewOptions64(bytes,
		progressbar.OptionSetWriter(prose), progressbar.OptionSetDescription(says), progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)}
}

// add counts bytes. That a bar can't be drawn is nobody's concern.
func (p *checkProgress) add(n int) {
	if p != nil {
		_ = p.bar.Add(n)
	}
}

// end takes the bar away.
func (p *checkProgress) end() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
