package contract

// Types of errors that activities give to Temporal. They stand in histories in plain text, so they are constants and hold no data.
const (
	// ErrNotFound: the import, decision or artifact named does not exist. Not retried.
	ErrNotFound = "NotFound"
	// ErrReleaseRefused: the decision's row does not release what the workflow was about to apply. Not retried.
	ErrReleaseRefused = "ReleaseRefused"
	// ErrInvalid: what was given can't be stored or understood, however often it is tried. Not retried.
	ErrInvalid = "Invalid"
	// ErrFault: something that Rollcall needs did not answer, or a part of it is wrong. Retried.
	ErrFault = "Fault"
)
