package postgres

// Sanitize is [sanitize], for errors that no test can have a server make.
func Sanitize(err error) error { return sanitize(err) }
