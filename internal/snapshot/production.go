package snapshot

import "io"

// A production is a file that write writes, for whoever takes it by reading. Whoever copies it by io.Copy has it written straight to where it goes, in pieces of whatever size: a pipe would
// cut a batch into fifty pieces and wait for each. It is read once, and closed.
type production struct {
	write func(io.Writer) error

	pipe  *io.PipeReader // of Read; nil before the first
	ended chan struct{}
}

// WriteTo implements io.WriterTo.
func (p *production) WriteTo(to io.Writer) (int64, error) {
	counted := &countingWriter{w: to}
	err := p.write(counted)
	return counted.n, err
}

// Read implements io.Reader.
func (p *production) Read(b []byte) (int, error) {
	if p.pipe == nil {
		var w *io.PipeWriter
		p.pipe, w = io.Pipe()
		p.ended = make(chan struct{})
		go func() {
			defer close(p.ended)
			w.CloseWithError(p.write(w))
		}()
	}
	return p.pipe.Read(b)
}

// Close ends the writing of what is not read any more, and waits for its end.
func (p *production) Close() error {
	if p.pipe == nil {
		return nil
	}
	err := p.pipe.Close()
	<-p.ended
	return err
}

// A countingWriter counts what it passes on.
type countingWriter struct {
	w io.Writer
	n int64
}

// Write implements io.Writer.
func (c *countingWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
