package intake

// Suggest returns which of the candidates a word was probably meant to be, as findings suggest it; ok is false where none is near.
func Suggest(word string, candidates []string) (near string, ok bool) {
	return nearest(word, candidates)
}
