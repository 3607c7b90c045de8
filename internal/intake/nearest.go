package intake

import (
	"strings"
	"unicode/utf8"
)

// nearest returns the candidate that word was probably meant to be: the same but for case and punctuation, or else one that is few letters away.
func nearest(word string, candidates []string) (string, bool) {
	word = plainLetters(word)
	best, least := "", max(1, utf8.RuneCountInString(word)/4)+1
	for _, c := range candidates {
		if d := distance(word, plainLetters(c), least); d < least {
			best, least = c, d
		}
	}
	return best, best != ""
}

// plainLetters folds what people write differently: case, hyphens, underscores, dots and white space.
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_./\u00A0", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// distance is Levenshtein's, or limit where it is at least that.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if abs(len(x)-len(y)) >= limit {
		return limit
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return min(row[len(y)], limit)
}

func abs(n int) int { return max(n, -n) }
