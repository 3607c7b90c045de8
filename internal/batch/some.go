package batch

// Some returns batch i, as Members does. A snapshot's columns are read whole: what a few members hold lies apart by a column each, so that reading it piece by piece would take longer.
func (s *Snapshot) Some(i int, _ []int32) (*Members, error) { return s.Members(i) }
