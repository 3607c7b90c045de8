package main

import (
	"context"
	"io"
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
	context.AfterFunc(ctx, func() { out.CloseWithError(context.Cause(ctx)) })
	return out
}
