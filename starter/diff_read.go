package main

import (
	"context"
	"io"

	"rollcall.internal/internal/filediff"
	"rollcall.internal/internal/receipt"
	"rollcall.internal/internal/roster"
)

// promptly returns a reader of the file that ends with the context even where nothing comes: of a pipe, or of a terminal. Of a regular file something always comes.
func promptly(ctx context.Context, file *checkedFile) io.Reader {
	if file.info != nil && file.info.Mode().IsRegular() {
		return file
	}
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, file)
		in.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { in.CloseWithError(context.Cause(ctx)) })
	return out
}

// again adds to a source that the file can be read at any place, where that is so. A file that says that it has no bytes may have some nevertheless, as those of /proc have.
func (f *checkedFile) again(src filediff.Source) filediff.Source {
	if f.file != nil && f.info != nil && f.info.Mode().IsRegular() && f.info.Size() > 0 {
		src.At, src.Size = f.file, f.info.Size()
	}
	return src
}

// fresh makes a new digest of findings whenever reading a file begins.
func fresh(digest **receipt.Digest) func() func(roster.Finding) {
	return func() func(roster.Finding) {
		*digest = receipt.NewDigest()
		return (*digest).Add
	}
}
