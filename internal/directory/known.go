package directory

// Known is what the directory knows of a member where a change set is shown to people: a change set holds names only where they change, and whether somebody is invited depends on what they are
// underneath. The zero Known is of somebody who was purged.
type Known struct {
	FirstName, LastName string
	State, Before       State
	Status, Eligibility string
}
