package tenantfile

import "strings"

// nearest returns the candidate that word was probably meant to be: at most two letters away, and one where the word is short.
func nearest(word string, candidates []string) (string, bool) {
	word = strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(word))
	if len(word) > 2*longestName {
		return "", false
	}
	best, least := "", 3
	if len(word) < 5 {
		least = 2
	}
	for _, c := range candidates {
		if d := distance(word, c); d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}

// longestName is more letters than the name of any key has; what is far longer is like none.
const longestName = 32

// distance counts the letters to change, add or leave out between a and b, and two letters in the wrong order as one.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
